"""Nouns that every stage shares: frozen values, standard library only."""
