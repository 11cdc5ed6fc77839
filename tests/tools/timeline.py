#!/usr/bin/python3
"""Reads a timeline with nothing but SQLite and zlib, from the words of core/store/README.md, and shares no line with what wrote it.

  timeline.py FILE    its samples, then its histograms that are in chunks, a line each, in order:
                      sample SERIES RUN NANOSECONDS BITS_OF_THE_DOUBLE
                      histogram SERIES RUN RESOLUTION MILLISECONDS COUNT LEAST GREATEST BITS_OF_THE_SUM HDR_V2
"""
import sqlite3
import struct
import sys
import zlib

WORD = 2**64


def signed(n):
    return (n & WORD - 1 ^ 1 << 63) - (1 << 63)


def bits_of(value):
    return struct.unpack("<q", struct.pack("<d", value))[0]


def of_bits(bits):
    return struct.unpack("<d", struct.pack("<q", signed(bits)))[0]


class Bytes:
    """Takes numbers off bytes, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        if self.at > len(self.data):
            raise ValueError("the bytes end too early")
        return self.data[self.at - n : self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        n = shift = 0
        while True:
            byte = self.byte()
            n |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return n % WORD

    def zigzag(self):
        return unzigzag(self.varint())


def unzigzag(n):
    return n >> 1 ^ -(n & 1)


def opened(data):
    """What stands between version and checksum."""
    if zlib.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0] or data[0] != 1:
        raise ValueError("a wrong checksum, or another version")
    return Bytes(data[1:-4])


# ---- Columns and values ------------------------------------------------------------------------------


def packed_block(b, n):
    head, exceptions = b.byte(), []
    width = head >> 1
    if head & 1:
        exceptions = [(b.byte(), b.varint()) for _ in range(b.varint())]
    words_of_lane = ((n + 3) // 4 * width + 63) // 64
    words = struct.unpack("<%dQ" % (4 * words_of_lane), b.take(32 * words_of_lane))
    lanes = [sum(words[4 * w + lane] << 64 * w for w in range(words_of_lane)) for lane in range(4)]
    block = [lanes[i % 4] >> i // 4 * width & (1 << width) - 1 for i in range(n)]
    for place, residual in exceptions:
        block[place] = residual
    return block


def planes(b, n):
    residuals = [0] * n
    for plane in range(b.byte()):
        form = b.varint()
        data = b.take(form >> 1)
        if form & 1:
            data = zlib.decompress(data, -15)
        residuals = [r | byte << 8 * plane for r, byte in zip(residuals, data, strict=True)]
    return residuals


def column(b, n):
    head, first, step, by = b.byte(), b.zigzag(), 0, 1
    order, form = head & 3, head >> 2 & 3
    if order == 2:
        step = b.zigzag()
    if head & 16:
        by = b.varint()
    if form == 0:
        residuals = [0] * n
    elif form == 1:
        residuals = [r for at in range(0, n, 256) for r in packed_block(b, min(256, n - at))]
    else:
        residuals = planes(b, n)
    if order == 0:
        return [signed(first + r * by) for r in residuals]
    numbers, number = [signed(first)], first
    for r in residuals[1:]:
        difference = unzigzag(r) * by
        step = step + difference if order == 2 else difference
        number += step
        numbers.append(signed(number))
    return numbers


def values(b, n):
    form = b.byte()
    if form == 0:
        power, exceptions = 10.0 ** b.byte(), b.varint()
        numbers, corrections = column(b, n), column(b, n)
        out = [of_bits(bits_of(q / power) + u) for q, u in zip(numbers, corrections)]
        if exceptions:
            for place, bits in zip(column(b, exceptions), column(b, exceptions)):
                out[place] = of_bits(bits)
        return out
    if form == 1:
        bits, out = struct.unpack("<q", b.take(8))[0], []
        for difference in column(b, n):
            bits ^= difference
            out.append(of_bits(bits))
        return out
    distinct = values(b, b.varint())
    return [distinct[i] for i in column(b, n)]


def chunk(data):
    b = opened(data)
    n = b.varint()
    return list(zip(column(b, n), values(b, n)))


def batch(data):
    b, out = opened(data), []
    while b.at < len(b.data):
        n = b.varint()
        out += zip(column(b, n), column(b, n), column(b, n), values(b, n))
    return out


# ---- Histograms --------------------------------------------------------------------------------------


class RangeCoder:
    def __init__(self, data):
        self.data, self.at, self.range, self.code = data + bytes(4), 4, 2**32 - 1, int.from_bytes(data[:4], "big")
        self.models = {}

    def shift(self):
        while self.range < 1 << 24:
            self.range <<= 8
            self.code = self.code << 8 | self.data[self.at]
            self.at += 1

    def bit(self, *model):
        s, k = self.models.get(model, (32768, 0))
        bound = (self.range >> 16) * s
        is_set = self.code < bound
        if is_set:
            self.range = bound
        else:
            self.range -= bound
            self.code -= bound
        change = ((65472 if is_set else 64) - s) * (65536 // (2 * k + 3))
        self.models[model] = (s + (change // 32768 if change >= 0 else -(-change // 32768)), min(k + 1, 160))
        self.shift()
        return is_set

    def even(self):
        self.range >>= 1
        is_set = self.code >= self.range
        if is_set:
            self.code -= self.range
        self.shift()
        return is_set

    def number(self, *what):
        length = 0
        while length < 25 and self.bit("length", what, length):
            length += 1
        value = 1
        for i in range(length):
            value = value << 1 | (self.bit("top", what, length, value) if i < 2 else self.even())
        return value - 1


def level(mean):
    if mean < 2:
        return mean
    octave = mean.bit_length() - 1
    return 2 * octave + (mean >> octave - 1 & 1)


class Counters:
    BANDS, BLOCKS, BLOCK = 33, 64, 16

    def __init__(self, data):
        self.coder, self.seen, self.means = RangeCoder(data), 0, [0] * (self.BANDS * self.BLOCKS * self.BLOCK)

    def count(self, mean, before):
        if mean < 512:
            for i in range(14):
                if not self.coder.bit("few", level(mean), min(before, 4), i):
                    return i
            return 14 + self.coder.number("more")
        m = mean >> 6
        if self.coder.bit("below", level(mean)):
            return m - 1 - self.coder.number("distance", level(mean))
        return m + self.coder.number("distance", level(mean))

    def band(self, now, first):
        left = False
        for block in range(first, first + self.BLOCKS * self.BLOCK, self.BLOCK):
            left = self.coder.bit("block", level(sum(self.means[block : block + self.BLOCK])), left)
            for i in range(block, block + self.BLOCK if left else block):
                now[i] = self.count(self.means[i], sum(now[max(0, i - 2) : i]))

    def histogram(self):
        now, left, size = [0] * len(self.means), False, self.BLOCKS * self.BLOCK
        for first in range(0, len(now), size):
            left = self.coder.bit("band", any(self.means[first : first + size]), left)
            if left:
                self.band(now, first)
        h = next(h for h in range(5) if h == 4 or 1 << h + 1 > self.seen + 1)
        self.means = [mean - (mean >> h) + (64 * n >> h) for mean, n in zip(self.means, now)]
        self.seen += 1
        return now


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out) + bytes([n])


def hdr_v2(counts):
    out, zeros = b"", 0
    for n in counts:
        if n == 0:
            zeros += 1
            continue
        if zeros:
            out += varint(2 * zeros - 1)
            zeros = 0
        out += varint(2 * n)
    return struct.pack(">IIIIQQd", 0x1C849313, len(out), 0, 3, 1, 2**42 - 1, 1.0) + out


def histogram_chunk(data):
    b = opened(data)
    n = b.varint()
    figures = [column(b, n) for _ in range(4)] + [values(b, n)]
    counters = Counters(b.data[b.at :])
    return [figure + (hdr_v2(counters.histogram()),) for figure in zip(*figures)]


# ---- The file ----------------------------------------------------------------------------------------


def main():
    db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    samples = {}
    for series, run, data in db.execute("SELECT series_id, run_id, data FROM chunks"):
        samples.update(((series, run, ts_ns), value) for ts_ns, value in chunk(data))
    for (data,) in db.execute("SELECT data FROM batches ORDER BY id"):
        samples.update(((series, run, ts_ns), value) for series, run, ts_ns, value in batch(data))
    for (series, run, ts_ns), value in sorted(samples.items(), key=lambda s: s[0]):
        print("sample", series, run, ts_ns, "%016x" % (bits_of(value) % WORD))
    for series, run, resolution, data in db.execute("SELECT series_id, run_id, resolution_s, data FROM histogram_chunks ORDER BY 1, 2, 3, from_ms"):
        for ts_ms, count, least, greatest, total, hist in histogram_chunk(data):
            print("histogram", series, run, resolution, ts_ms, count, least, greatest, "%016x" % (bits_of(total) % WORD), hist.hex())


main()
