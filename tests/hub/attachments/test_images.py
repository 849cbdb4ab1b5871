"""Pictures are drawn anew: their points are kept, and nothing else."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from hub.attachments import ImageRefused, Kind, Redrawer, sniff

SECRET = b"canary-of-the-camera"


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def a_picture(size: tuple[int, int] = (40, 20), mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, "red")
    picture.paste("blue", (size[0] // 2, 0, *size))
    return picture.convert(mode)


def exif(orientation: int = 1) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = SECRET.decode()
    tags.get_ifd(0x8825)[2] = (38.0, 53.0, 23.0)
    return tags


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, body: bytes, *, colours: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


async def redrawn(content: bytes, **limits: int) -> Image.Image:
    kind = sniff(content)
    assert kind is not None
    drawn, made = await Redrawer(**limits).redraw(content, kind)
    assert SECRET not in drawn
    picture = Image.open(io.BytesIO(drawn))
    picture.load()
    assert picture.format == {Kind.JPEG: "JPEG", Kind.PNG: "PNG"}[made]
    return picture


async def reason(content: bytes, **limits: int) -> str:
    with pytest.raises(ImageRefused) as refused:
        await redrawn(content, **limits)
    return refused.value.reason


class TestNothingIsCarriedAlong:
    @pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG"])
    async def test_neither_place_nor_camera(self, form: str) -> None:
        content = saved(a_picture(), form, exif=exif())
        assert SECRET in content

        picture = await redrawn(content)

        assert dict(picture.getexif()) == {}
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert picture.size == (40, 20)

    async def test_nor_texts_nor_comments(self) -> None:
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", SECRET.decode())
        notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())

        await redrawn(saved(a_picture(), "PNG", pnginfo=notes))
        await redrawn(saved(a_picture(), "JPEG", comment=SECRET))
        await redrawn(saved(a_picture(mode="P"), "GIF", comment=SECRET))

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
    async def test_nor_what_stands_after_its_end(self, form: str) -> None:
        await redrawn(saved(a_picture(), form) + b"PK\x03\x04" + SECRET * 50)

    async def test_the_later_pictures_of_a_moving_one_are_left_out(self) -> None:
        frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue", "green")]

        picture = await redrawn(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))

        assert getattr(picture, "n_frames", 1) == 1
        assert picture.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


class TestItLooksTheSame:
    async def test_a_photograph_stands_upright(self) -> None:
        picture = await redrawn(saved(a_picture(), "JPEG", exif=exif(orientation=6), quality=95))

        assert picture.size == (20, 40)
        red, _, blue = picture.getpixel((10, 5))
        assert red > 200 > 60 > blue

    async def test_what_can_be_seen_through_stays_so(self) -> None:
        glass = Image.new("RGBA", (8, 8), (10, 20, 30, 40))

        for form in ("PNG", "WEBP"):
            picture = await redrawn(saved(glass, form, lossless=True))

            assert picture.mode == "RGBA"
            assert picture.getpixel((4, 4))[3] == 40

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGBA"])
    async def test_drawings_keep_their_points(self, mode: str) -> None:
        picture = await redrawn(saved(Image.new(mode, (12, 7)), "PNG"))

        assert picture.size == (12, 7)

    @pytest.mark.parametrize("mode", ["L", "CMYK"])
    async def test_photographs_of_other_colours_are_drawn(self, mode: str) -> None:
        assert (await redrawn(saved(a_picture(mode=mode), "JPEG"))).mode == "RGB"

    async def test_colours_are_those_that_its_profile_means(self) -> None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

        same = await redrawn(saved(a_picture(), "JPEG", icc_profile=profile, quality=95))
        broken = await redrawn(saved(a_picture(), "JPEG", icc_profile=SECRET * 20, quality=95))

        for picture in (same, broken):
            assert picture.getpixel((5, 10))[0] > 230
            assert "icc_profile" not in picture.info


class TestTraps:
    async def test_a_picture_of_more_points_than_allowed_is_not_decoded(self) -> None:
        """A few hundred octets that would fill 30 gigabytes."""
        bomb = png(100_000, 100_000, zlib.compress(bytes(1000)))

        assert await reason(bomb) == "too_many_pixels"

    @pytest.mark.parametrize(("pixels", "fits"), [(800, True), (799, False)])
    async def test_the_limit_is_exact(self, pixels: int, fits: bool) -> None:
        content = saved(a_picture(), "PNG")

        if fits:
            assert (await redrawn(content, pixels=pixels)).size == (40, 20)
        else:
            assert await reason(content, pixels=pixels) == "too_many_pixels"

    async def test_a_text_that_unpacks_without_end_is_refused(self) -> None:
        packed = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)
        whole = png(1, 1, zlib.compress(bytes(4)))
        bomb = whole[:33] + chunk(b"zTXt", packed) + whole[33:]

        assert await reason(bomb) == "unreadable"

    async def test_one_that_is_too_long_when_drawn_is_refused(self) -> None:
        noise = Image.effect_noise((200, 200), 90)

        assert await reason(saved(noise, "PNG"), most=1000) == "too_long"

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"\xff\xd8\xff", id="jpeg-head"),
            pytest.param(b"\x89PNG\r\n\x1a\n", id="png-head"),
            pytest.param(b"GIF89a", id="gif-head"),
            pytest.param(b"RIFF\x00\x00\x00\x00WEBP", id="webp-head"),
            pytest.param(saved(a_picture((300, 300)), "JPEG")[:1500], id="jpeg-cut"),
            pytest.param(saved(a_picture((300, 300)), "PNG")[:100], id="png-cut"),
            pytest.param(png(10, 10, b"not packed"), id="png-broken"),
            pytest.param(png(0, 0, b""), id="png-empty"),
            pytest.param(b"\x89PNG\r\n\x1a\n" + saved(a_picture(), "JPEG"), id="other-inside"),
        ],
    )
    async def test_a_broken_one_is_refused(self, content: bytes) -> None:
        assert await reason(content) == "unreadable"

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    async def test_it_is_decoded_as_what_it_was_found_to_be_and_nothing_else(self, kind: str) -> None:
        """Pillow knows forty formats, and Ghostscript by name: none of them is tried."""
        postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n"

        with pytest.raises(ImageRefused):
            await Redrawer().redraw(postscript, Kind[kind])


class TestItsProcess:
    async def test_one_that_takes_too_long_is_ended(self, tmp_path: Path) -> None:
        program, mark = tmp_path / "slow.py", tmp_path / "pid"
        program.write_text(
            f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(600)\n"
        )

        with pytest.raises(ImageRefused) as refused:
            await Redrawer(seconds=3, program=program).redraw(saved(a_picture(), "PNG"), Kind.PNG)

        assert refused.value.reason == "too_slow"
        assert not Path(f"/proc/{mark.read_text()}").exists()

    @pytest.mark.parametrize(
        "code",
        [
            pytest.param("import os\nos.abort()\n", id="crash"),
            pytest.param("import sys\nsys.stdout.buffer.write(b'<script>')\n", id="other-words"),
            pytest.param("", id="silence"),
        ],
    )
    async def test_one_that_falls_or_says_something_else_is_a_refusal(self, tmp_path: Path, code: str) -> None:
        program = tmp_path / "program.py"
        program.write_text(code)

        with pytest.raises(ImageRefused) as refused:
            await Redrawer(program=program).redraw(saved(a_picture(), "PNG"), Kind.PNG)

        assert refused.value.reason == "broken"

    async def test_it_has_none_of_our_secrets(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUB_TWILIO_AUTH_TOKEN", "canary")
        program, found = tmp_path / "program.py", tmp_path / "environment"
        program.write_text(f"import os, pathlib\npathlib.Path({str(found)!r}).write_text(repr(dict(os.environ)))\n")

        with pytest.raises(ImageRefused):
            await Redrawer(program=program).redraw(saved(a_picture(), "PNG"), Kind.PNG)

        assert "HUB_" not in found.read_text()
        assert "canary" not in found.read_text()

    async def test_it_loads_nothing_of_the_hub(self) -> None:
        """It is run by its path: were it to import the hub, it would hold more than a picture."""
        from hub.attachments import redraw

        assert "import hub" not in Path(redraw.__file__).read_text()
        assert "from hub" not in Path(redraw.__file__).read_text()
