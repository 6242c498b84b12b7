//! Values to bits of a frame and back.
//!
//! All functions are inlined into the generated code, where offsets inside a structure are constants and most of the
//! arithmetic disappears.

/// A value with a place in a frame of 32-bit words.
pub trait Packed {
    /// Writes the value to bits `at .. at + width`.
    ///
    /// # Panics
    ///
    /// If the value does not fit in `width` bits.
    fn put(&self, frame: &mut [u32], at: usize, width: usize);

    /// Reads the value from bits `at .. at + width`.
    fn get(&mut self, frame: &[u32], at: usize, width: usize);
}

#[cold]
#[inline(never)]
fn too_wide(value: u64, width: usize) -> ! {
    panic!("value {value:#x} does not fit in a field of {width} bits")
}

#[inline(always)]
fn put32(frame: &mut [u32], at: usize, width: usize, value: u32) {
    let (word, shift) = (at / 32, at % 32);
    if shift == 0 && width == 32 {
        frame[word] = value;
        return;
    }
    let mask = (1u64 << width) - 1;
    let old = u64::from(frame[word]) & !(mask << shift);
    let new = old | u64::from(value) << shift;
    frame[word] = new as u32;
    if shift + width > 32 {
        let high = (mask << shift >> 32) as u32;
        frame[word + 1] = (frame[word + 1] & !high) | (new >> 32) as u32;
    }
}

#[inline(always)]
fn get32(frame: &[u32], at: usize, width: usize) -> u32 {
    let (word, shift) = (at / 32, at % 32);
    let mut value = u64::from(frame[word]) >> shift;
    if shift + width > 32 {
        value |= u64::from(frame[word + 1]) << (32 - shift);
    }
    (value & ((1u64 << width) - 1)) as u32
}

#[inline(always)]
fn put_number(frame: &mut [u32], at: usize, width: usize, value: u64) {
    if width < 64 && value >> width != 0 {
        too_wide(value, width);
    }
    put32(frame, at, width.min(32), value as u32);
    if width > 32 {
        put32(frame, at + 32, width - 32, (value >> 32) as u32);
    }
}

#[inline(always)]
fn get_number(frame: &[u32], at: usize, width: usize) -> u64 {
    let low = u64::from(get32(frame, at, width.min(32)));
    if width > 32 {
        low | u64::from(get32(frame, at + 32, width - 32)) << 32
    } else {
        low
    }
}

macro_rules! packed_number {
    ($($number:ty),*) => {$(
        impl Packed for $number {
            #[inline(always)]
            fn put(&self, frame: &mut [u32], at: usize, width: usize) {
                put_number(frame, at, width, u64::from(*self));
            }

            #[inline(always)]
            fn get(&mut self, frame: &[u32], at: usize, width: usize) {
                *self = get_number(frame, at, width) as $number;
            }
        }
    )*};
}

packed_number!(u8, u16, u32, u64);

impl Packed for bool {
    #[inline(always)]
    fn put(&self, frame: &mut [u32], at: usize, width: usize) {
        put_number(frame, at, width, u64::from(*self));
    }

    #[inline(always)]
    fn get(&mut self, frame: &[u32], at: usize, width: usize) {
        *self = get_number(frame, at, width) != 0;
    }
}

/// A vector of more bits than a number has, as an element of an array.
impl<const WORDS: usize> Packed for [u32; WORDS] {
    #[inline(always)]
    fn put(&self, frame: &mut [u32], at: usize, width: usize) {
        put_words(self, frame, at, width);
    }

    #[inline(always)]
    fn get(&mut self, frame: &[u32], at: usize, width: usize) {
        get_words(self, frame, at, width);
    }
}

/// A vector of `width` bits, least significant word first.
#[inline(always)]
pub fn put_words(words: &[u32], frame: &mut [u32], at: usize, width: usize) {
    if at.is_multiple_of(32) && width == words.len() * 32 {
        frame[at / 32..][..words.len()].copy_from_slice(words);
        return;
    }
    for (index, word) in words.iter().enumerate() {
        put_number(
            frame,
            at + 32 * index,
            (width - 32 * index).min(32),
            u64::from(*word),
        );
    }
}

/// As [`put_words`], the other way.
#[inline(always)]
pub fn get_words(words: &mut [u32], frame: &[u32], at: usize, width: usize) {
    if at.is_multiple_of(32) && width == words.len() * 32 {
        words.copy_from_slice(&frame[at / 32..][..words.len()]);
        return;
    }
    for (index, word) in words.iter_mut().enumerate() {
        *word = get32(frame, at + 32 * index, (width - 32 * index).min(32));
    }
}

/// An array of equal elements; element 0 has the lowest bits.
#[inline(always)]
pub fn put_array<T: Packed>(elements: &[T], frame: &mut [u32], at: usize, width: usize) {
    let step = width / elements.len().max(1);
    for (index, element) in elements.iter().enumerate() {
        element.put(frame, at + index * step, step);
    }
}

/// As [`put_array`], the other way.
#[inline(always)]
pub fn get_array<T: Packed>(elements: &mut [T], frame: &[u32], at: usize, width: usize) {
    let step = width / elements.len().max(1);
    for (index, element) in elements.iter_mut().enumerate() {
        element.get(frame, at + index * step, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every offset and width against a bit-by-bit definition.
    #[test]
    fn numbers_land_on_their_bits_and_nowhere_else() {
        for at in 0..70 {
            for width in 1..=64usize {
                let value = 0xdead_beef_0bad_cafe_u64 >> (64 - width);
                for background in [0, u32::MAX] {
                    let mut frame = [background; 5];
                    value.put(&mut frame, at, width);
                    for bit in 0..160 {
                        let seen = frame[bit / 32] >> (bit % 32) & 1;
                        let expected = if (at..at + width).contains(&bit) {
                            (value >> (bit - at)) as u32 & 1
                        } else {
                            background & 1
                        };
                        assert_eq!(seen, expected, "at {at} width {width} bit {bit}");
                    }
                    let mut back = 0u64;
                    back.get(&frame, at, width);
                    assert_eq!(back, value);
                }
            }
        }
    }

    #[test]
    fn words_round_trip_at_any_offset() {
        for at in [0, 1, 31, 32, 33] {
            let words = [0x1234_5678, 0x9abc_def0, 0x3f];
            let mut frame = [0; 6];
            put_words(&words, &mut frame, at, 70);
            let mut back = [0; 3];
            get_words(&mut back, &frame, at, 70);
            assert_eq!(back, words);
        }
    }

    #[test]
    fn an_array_of_wide_vectors_has_no_gaps() {
        let vectors = [[0xffff_ffff, 0x1f], [0, 0], [0x8000_0001, 0x10]];
        let mut frame = [0; 4];
        put_array(&vectors, &mut frame, 0, 3 * 37);
        assert_eq!(frame, [0xffff_ffff, 0x1f, 0x400, 0x4200]);
        let mut back = [[0; 2]; 3];
        get_array(&mut back, &frame, 0, 3 * 37);
        assert_eq!(back, vectors);
    }

    #[test]
    #[should_panic(expected = "value 0x10 does not fit in a field of 4 bits")]
    fn a_value_that_does_not_fit_is_refused() {
        16u8.put(&mut [0], 0, 4);
    }
}
