"""How far hashes are from a reference, and reduced decode modes from the exact one."""
