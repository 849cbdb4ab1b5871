"""Draws one picture anew: a program of its own, that reads a picture from stdin and writes another to stdout.

It is run by its path, in an empty environment, and knows nothing of the hub. What it writes has the picture's points
and nothing else: no EXIF, no position, no comment, no thumbnail, no profile, nothing after the end. Of moving pictures
the first is taken. Decoders are told beforehand how much memory and time they may have.

    python redraw.py FORMAT PIXELS BYTES

Exit codes: 0 drawn, 3 not a picture of this FORMAT, 4 more PIXELS than allowed, 5 drawn and longer than BYTES.
"""

import io
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

UNREADABLE, TOO_LARGE, TOO_LONG = 3, 4, 5
MEMORY, SECONDS = 1 << 30, 20
"""What the whole process may have, in octets of address space and seconds of a processor."""


def limit() -> None:
    """Take away what a decoder could use against the machine. Where a system has no such limits, time alone is kept."""
    try:
        import resource
    except ModuleNotFoundError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def redraw(content: bytes, form: str, pixels: int) -> bytes:
    """The picture `content` drawn anew: PNG where it may be see-through or was drawn, else JPEG.

    Raises: whatever the decoder raises; OverflowError before anything is decoded when it has too many pixels.
    """
    from PIL import Image, ImageOps

    # Pillow's own limit only warns up to twice its value; ours is asked before a single point is decoded.
    Image.MAX_IMAGE_PIXELS = None
    picture: Image.Image = Image.open(io.BytesIO(content), formats=[form])
    if picture.width * picture.height > pixels:
        raise OverflowError
    picture.load()
    profile = picture.info.get("icc_profile")
    # A picture takes four octets a point: never are there more than two of it.
    ImageOps.exif_transpose(picture, in_place=True)
    seen_through = picture.has_transparency_data
    mode = "RGBA" if seen_through else "RGB"
    if picture.mode != mode:
        picture = picture.convert(mode)
    if profile and not seen_through:
        picture = _as_seen(picture, profile)
    # A new picture has none of what the old one carried along.
    bare = Image.new(mode, picture.size)
    bare.paste(picture)
    del picture
    drawn = io.BytesIO()
    if seen_through or form in ("PNG", "GIF"):
        bare.save(drawn, "PNG")
    else:
        bare.save(drawn, "JPEG", quality=90)
    return drawn.getvalue()


def _as_seen(points: "Image.Image", profile: bytes) -> "Image.Image":
    """The points in the colours of sRGB, for the profile that says how they are meant is left out."""
    from PIL import ImageCms

    try:
        meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(points, meant, ImageCms.createProfile("sRGB")) or points
    except (ImageCms.PyCMSError, OSError):
        # A profile for other colours than the picture has, or none at all: the points are the better word.
        return points


def main(form: str, pixels: str, most: str) -> int:
    """The exit code, once what was drawn is written."""
    limit()
    content = sys.stdin.buffer.read()
    try:
        drawn = redraw(content, form, int(pixels))
    except OverflowError:
        return TOO_LARGE
    except Exception:
        # What a decoder raises on a broken picture is of no fixed kind.
        return UNREADABLE
    if len(drawn) > int(most):
        return TOO_LONG
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
