"""Local features: places of a picture that are found again in crops, collages and screenshots.

Source: Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004; one bit a value, by
the median of a descriptor, keeps what matching needs in 16 bytes.
Deviation: places are chosen before anything is computed for them, spread over the picture and with
a share of large ones. Patches are sampled on a fixed grid in the frame of the feature. A mirrored
picture has the mirrored scale space, but for rounding, where its sides halve without a rest.

Every step is float arithmetic in one order, here and in ``native``, so that all processors and all
numbers of threads give the same features.
"""
