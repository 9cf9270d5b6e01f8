"""The shortlist: which pictures of a large bank may show what a query shows, by local features.

Terms: a *descriptor* is the 128-bit code of one feature. A *posting* is one descriptor of one
picture in a table: 64 of its bits, its geometry and its picture's row. A table's postings are
sorted by *key*: the first few bits of a fixed list of telling bits, so many that buckets hold about
two. A query looks into the buckets of its own keys, and of those that differ in bits that it is
least sure of (*probes*). Postings near enough are *hits*; hits vote for their pictures, and those
with most votes are compared by geometry.

What a segment stores of ``postings.PostingTable``, n postings under keys of b bits:

=========  ======  ===========  ==========================================================
section    dtype   length       holds
=========  ======  ===========  ==========================================================
starts     uint32  2 ** b + 1   where each key's postings begin; the last is n
codes      uint64  n            64 bits of each descriptor
geometry   uint32  n            place, angle and size of each, a byte for each number
rows       uint32  n            the picture of each, ascending within a key
sketches   uint64  pictures     eight bytes of which near-duplicates share most
=========  ======  ===========  ==========================================================

``pictures`` is the length of ``sketches``; b follows from the length of ``starts``. That is at most
18.9 bytes a descriptor, and 8 a picture.

Modules: ``postings`` builds tables, ``tail`` has one that grows, ``searching`` asks them. The plain
modules say in NumPy what the kernels do.
"""
