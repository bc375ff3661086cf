"""Sound files as samples: formats, rates, channels, and what is refused."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from infinite_parallax.inpaint_server.ffmpeg import ffmpeg
from infinite_parallax.inpaint_server.sound_files import load_sound, read_sound
from infinite_parallax.shared.ambience import write_wav
from infinite_parallax.shared.errors import ParallaxError, UsageError
from infinite_parallax.shared.listening import beats, onsets
from infinite_parallax.shared.listening.spectrum import ANALYSIS_RATE

from ..core.clicks import agreement, clicks


def sine(rate: int, seconds: float, *pitches: int) -> np.ndarray:
    t = np.arange(round(rate * seconds)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * pitch * t) for pitch in pitches], axis=1).astype(np.float32)


BEST = {"ogg": ("-q:a", "9"), "mp3": ("-q:a", "0")}


def as_file(folder: Path, samples: np.ndarray, rate: int, kind: str) -> Path:
    """The samples in a file of a kind; WAV and FLAC keep them, the others nearly."""
    write_wav(folder / "as.wav", samples, rate)
    if kind == "wav":
        return folder / "as.wav"
    made = folder / f"made.{kind}"
    subprocess.run([ffmpeg(), "-v", "error", "-i", str(folder / "as.wav"), *BEST.get(kind, ()), str(made)], check=True)
    return made


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_a_click_track_of_any_rate(tmp_path: Path, rate: int) -> None:
    samples, moments = clicks(97, 12, 0.01, 0.3, rate)
    write_wav(tmp_path / "clicks.wav", np.stack([samples, samples], axis=1), rate)
    heard = load_sound(tmp_path / "clicks.wav", ANALYSIS_RATE, 1)
    assert heard.shape == (12 * ANALYSIS_RATE, 1)
    strength = onsets.onset_strength(heard[:, 0])
    assert agreement(onsets.onsets_of(strength, 12), moments) >= 0.95
    found = beats.tempo(strength)
    assert found == pytest.approx(97, rel=0.005)
    assert agreement(beats.beats(strength, found, 12), moments) >= 0.95


def test_channels_are_kept_mixed_or_doubled(tmp_path: Path) -> None:
    write_wav(tmp_path / "one.wav", sine(48000, 0.5, 440), 48000)
    write_wav(tmp_path / "two.wav", sine(48000, 0.5, 440, 880), 48000)
    assert load_sound(tmp_path / "one.wav", 48000).shape == (24000, 1)
    two = load_sound(tmp_path / "two.wav", 48000)
    assert np.abs(two - sine(48000, 0.5, 440, 880)).max() < 1e-4
    assert np.abs(load_sound(tmp_path / "two.wav", 48000, 1)[:, 0] - two.mean(axis=1)).max() < 1e-4
    doubled = load_sound(tmp_path / "one.wav", 48000, 2)
    assert np.array_equal(doubled[:, 0], doubled[:, 1])
    write_wav(tmp_path / "six.wav", sine(48000, 0.5, *[440] * 6), 48000)
    folded = load_sound(tmp_path / "six.wav", 48000)
    assert folded.shape == (24000, 2)
    assert 0.3 < np.abs(folded).max() <= 0.55, "no louder than its channels"


@pytest.mark.parametrize("name", ["sound.flac", "sound.ogg", "sound.mp3", "sound.m4a", "film.mp4"])
def test_formats_and_the_sound_of_a_film(tmp_path: Path, name: str) -> None:
    write_wav(tmp_path / "sound.wav", sine(44100, 1.0, 440, 440), 44100)
    film = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1"] if name == "film.mp4" else []
    made = [ffmpeg(), "-v", "error", *film, "-i", str(tmp_path / "sound.wav"), str(tmp_path / name)]
    subprocess.run(made, check=True)
    heard = load_sound(tmp_path / name, 22050)
    assert heard.dtype == np.float32
    assert heard.shape[1] == 2
    assert len(heard) == pytest.approx(22050, abs=2500)
    middle = heard[8000:16000, 0]
    assert np.fft.rfftfreq(8000, 1 / 22050)[np.abs(np.fft.rfft(middle)).argmax()] == pytest.approx(440, abs=3)


KINDS = {"wav": 0.0001, "flac": 0.0001, "ogg": 0.03, "mp3": 0.03}
"""How far samples may be from the true ones: what a lossy codec leaves out."""
MP3_MOST = 48000
"""Hz: MP3 knows no higher rate."""

RATES = (8000, 44100, 48000, 96000, 192000)


@pytest.mark.parametrize(
    ("kind", "rate"), [(kind, rate) for kind in KINDS for rate in RATES if kind != "mp3" or rate <= MP3_MOST]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_kind_of_file_holds_its_samples_in_their_places(
    tmp_path: Path, kind: str, rate: int, channels: int
) -> None:
    swell = np.linspace(0.1, 1, round(0.8 * rate))[:, None]
    true = (sine(rate, 0.8, 440, 880) * swell)[:, :channels].astype(np.float32)
    made = as_file(tmp_path, true, rate, kind)
    heard = load_sound(made, rate)
    assert heard.shape[1] == channels
    assert len(heard) == pytest.approx(len(true), abs=256 if kind == "ogg" else 0), "OGG: but for a block at its end"
    middle = slice(rate // 20, round(0.7 * rate))
    assert np.abs(heard[middle] - true[middle]).max() < KINDS[kind]
    assert read_sound(made.read_bytes(), rate, 10.0).tobytes() == heard.tobytes()
    slower = load_sound(made, ANALYSIS_RATE, 1)
    assert len(slower) / ANALYSIS_RATE == pytest.approx(len(heard) / rate, abs=1e-4)


@pytest.mark.parametrize(("kind", "most"), [("wav", 1), ("ogg", 256), ("mp3", 1152)])
def test_one_sample(tmp_path: Path, kind: str, most: int) -> None:
    """Lossy codecs may hand out a whole block for it."""
    heard = load_sound(as_file(tmp_path, np.full((1, 1), 0.5, np.float32), ANALYSIS_RATE, kind), ANALYSIS_RATE)
    assert 1 <= len(heard) <= most
    assert np.isfinite(heard).all()


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_damaged_file_is_heard_what_there_is_or_a_sentence_says_why_not(tmp_path: Path, kind: str) -> None:
    whole = as_file(tmp_path, sine(44100, 6.0, 440, 550), 44100, kind)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    heard = load_sound(whole, 22050)
    assert 1.5 < len(heard) / 22050 < 4.5
    assert np.abs(heard).max() < 0.6
    for broken in (data[:40], b"", bytes(len(data))):
        whole.write_bytes(broken)
        with pytest.raises(ParallaxError, match=r"could not read the sound|holds no sound") as refusal:
            load_sound(whole, 22050)
        assert " @ 0x" not in refusal.value.message
        with pytest.raises(UsageError, match="cannot be read as a sound"):
            read_sound(broken, 22050, 10.0)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParallaxError, match="There is no sound file at"):
        load_sound(tmp_path / "none.wav", 22050)
    (tmp_path / "broken.mp3").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(ParallaxError, match="could not read the sound"):
        load_sound(tmp_path / "broken.mp3", 22050)
    (tmp_path / "text.txt").write_text("not a sound")
    with pytest.raises(ParallaxError):
        load_sound(tmp_path / "text.txt", 22050)
    silent = tmp_path / "silent.mp4"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1"]
    subprocess.run([ffmpeg(), "-v", "error", *source, str(silent)], check=True)
    with pytest.raises(ParallaxError, match="holds no sound"):
        load_sound(silent, 22050)
    with wave.open(str(tmp_path / "empty.wav"), "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
    with pytest.raises(ParallaxError, match="holds no sound"):
        load_sound(tmp_path / "empty.wav", 22050)


def test_a_playlist_leads_nowhere(tmp_path: Path) -> None:
    write_wav(tmp_path / "sound.wav", sine(44100, 0.2, 440), 44100)
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/sound.wav\n#EXT-X-ENDLIST\n")
    with pytest.raises(ParallaxError):
        load_sound(tmp_path / "list.m3u8", 22050)
