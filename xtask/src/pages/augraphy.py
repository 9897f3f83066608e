"""One augmentation of augraphy on pictures in-0.pgm, in-1.pgm, ... of a folder; results in out-N.pgm.

    augraphy.py --list                        the names of the augmentations
    augraphy.py NAME SEED FOLDER COUNT        runs one of them, each alone, with its defaults
"""

import random
import sys

# This script's own folder, in which it would be taken for the library.
del sys.path[0]

NAMES = """InkBleed LowInkPeriodicLines LowInkRandomLines Letterpress BadPhotoCopy DirtyRollers DirtyDrum Faxify
Folding Squish Geometric BookBinding PageBorder LightingGradient ShadowCast SubtleNoise Jpeg Dithering Scribbles
NoiseTexturize Brightness Gamma BleedThrough WaterMark Moire LCDScreenPattern""".split()


def main():
    if sys.argv[1] == "--list":
        print("\n".join(NAMES))
        return
    name, seed, folder, count = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    import cv2
    import numpy
    import matplotlib.font_manager
    import augraphy

    for number in range(count):
        random.seed(seed + number)
        numpy.random.seed((seed + number) % 2**32)
        cv2.setRNGSeed((seed + number) % 2**31)
        picture = cv2.imread(f"{folder}/in-{number}.pgm", cv2.IMREAD_GRAYSCALE)
        augmentation = getattr(augraphy, name)(p=1)
        result = augmentation(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR))
        # Some give the picture with a mask, key points and boxes.
        if isinstance(result, (tuple, list)):
            result = result[0]
        if result.ndim == 3:
            result = cv2.cvtColor(result[:, :, :3].astype(numpy.uint8), cv2.COLOR_BGR2GRAY)
        with open(f"{folder}/out-{number}.pgm", "wb") as out:
            height, width = result.shape
            out.write(b"P5\n%d %d\n255\n" % (width, height))
            out.write(numpy.ascontiguousarray(result.astype(numpy.uint8)).tobytes())


main()
