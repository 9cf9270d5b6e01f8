"""Pictures as they are shown: made anew, from pixels alone, in processes that may die of it."""
