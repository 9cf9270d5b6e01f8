"""Lists and tables of entries, as other programs write them and as banks are handed on."""
