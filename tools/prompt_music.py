# SPDX-License-Identifier: Apache-2.0
"""The hold music: an original piece, computed. A slow arpeggio over eight chords in the pentatonic colour of G, a soft bass
and a sparse melody; what rings over the end comes in at the beginning again, so that it repeats without a seam."""
import array
import math

BEAT = 0.5                                   # seconds; two beats of arpeggio a chord tone pair, 4 s a chord
LEVEL = 10 ** (-24 / 20)                     # RMS

# (bass, arpeggio) as MIDI notes: G, Em, C, D6sus, G/B, Em7, Am7, D
CHORDS = [
    (43, (55, 62, 67, 71, 74, 71, 67, 62)),
    (40, (52, 59, 64, 67, 71, 67, 64, 59)),
    (48, (55, 60, 64, 67, 72, 67, 64, 60)),
    (50, (57, 62, 64, 69, 74, 69, 64, 62)),
    (47, (55, 62, 67, 71, 74, 71, 67, 62)),
    (40, (55, 59, 64, 67, 74, 67, 64, 59)),
    (45, (55, 60, 64, 67, 72, 69, 64, 60)),
    (50, (54, 57, 62, 66, 69, 66, 62, 57)),
]
# (beat, note, beats): one line over the eight chords of eight beats each
MELODY = [
    (2, 79, 3), (5, 76, 1), (6, 74, 2), (10, 76, 3), (13, 74, 1), (14, 71, 2), (18, 72, 3), (21, 74, 1), (22, 76, 2),
    (26, 74, 5), (34, 79, 2), (36, 81, 1), (37, 79, 1), (38, 76, 2), (42, 79, 3), (45, 76, 1), (46, 74, 2),
    (50, 72, 2), (52, 71, 1), (53, 72, 1), (54, 76, 2), (58, 74, 2), (60, 69, 4),
]
# Partials (multiple, strength) and how fast each kind of note dies away.
PLUCK = ((1, 1.0), (2, 0.35), (3, 0.12)), 1.6
BASS = ((1, 1.0), (2, 0.5), (3, 0.25), (4, 0.12)), 0.9
FLUTE = ((1, 1.0), (2, 0.18), (3, 0.06)), 0.45


def compose(rate):
    """The piece as 16-bit samples."""
    length = round(len(CHORDS) * 8 * BEAT * rate)
    mix = [0.0] * length

    def note(beat, midi, beats, strength, kind):
        partials, decay = kind
        frequency = 440.0 * 2 ** ((midi - 69) / 12)
        start, count = round(beat * BEAT * rate), round((beats * BEAT + 1.2) * rate)
        attack, release = 0.02 * rate, 0.8 * rate
        for multiple, share in partials:
            if frequency * multiple > 3300:      # the telephone band
                continue
            step = 2 * math.pi * frequency * multiple / rate
            fade = math.exp(-decay * multiple ** 0.5 / rate)
            level = strength * share
            for i in range(count):
                edge = min(1.0, i / attack, (count - i) / release)
                mix[(start + i) % length] += level * edge * math.sin(step * i)
                level *= fade

    for bar, (bass, tones) in enumerate(CHORDS):
        note(bar * 8, bass + 12, 6, 0.5, BASS)   # an octave up: a telephone carries little below 300 Hz
        for i, tone in enumerate(tones):
            note(bar * 8 + i, tone, 2, 0.42 if i % 4 == 0 else 0.32, PLUCK)
    for beat, tone, beats in MELODY:
        note(beat, tone, beats, 0.30, FLUTE)

    # A faint echo, again around the end.
    delay = round(0.31 * rate)
    wet = [mix[i] + 0.22 * mix[(i - delay) % length] for i in range(length)]
    gain = LEVEL / math.sqrt(sum(s * s for s in wet) / length)
    return array.array("h", (max(-29000, min(29000, round(s * gain * 32767))) for s in wet))
