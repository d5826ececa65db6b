//! Sorted numbers as they lie in a file, with a table of where each beginning stands: a search looks at few of them.

/// Numbers that are spread evenly are found by their highest bits.
const BITS: u32 = 12;
const PLACES: usize = (1 << BITS) + 1;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted<'a> {
    places: &'a [u8],
    numbers: &'a [u8],
}

impl<'a> Sorted<'a> {
    /// Reads so many numbers from the beginning of some bytes, and leaves the rest.
    pub(crate) fn parse(bytes: &'a [u8], count: usize) -> Option<(Self, &'a [u8])> {
        let (places, bytes) = bytes.split_at_checked(PLACES * 4)?;
        let (numbers, bytes) = bytes.split_at_checked(count.checked_mul(4)?)?;
        let mut ends = (0..PLACES).map(|place| at(places, place) as usize);
        let is_whole = ends.clone().is_sorted() && ends.next_back() == Some(count);
        is_whole.then_some((Self { places, numbers }, bytes))
    }

    /// Writes numbers, which are sorted, as they are read.
    pub(crate) fn bytes(numbers: &[u32]) -> Vec<u8> {
        let place = |beginning: usize| numbers.partition_point(|number| ((number >> (32 - BITS)) as usize) < beginning);
        let places = (0..PLACES).map(|beginning| u32::try_from(place(beginning)).expect("a count of features"));
        places.chain(numbers.iter().copied()).flat_map(u32::to_le_bytes).collect()
    }

    pub(crate) fn count(self) -> usize {
        self.numbers.len() / 4
    }

    /// Where a number stands.
    pub(crate) fn find(self, number: u32) -> Option<usize> {
        let beginning = (number >> (32 - BITS)) as usize;
        let (first, end) = (at(self.places, beginning) as usize, at(self.places, beginning + 1) as usize);
        // Among evenly spread numbers one stands about as far along as it is large.
        let along = u64::from(number << BITS) * (end - first) as u64;
        let about = first + (along >> 32) as usize;
        let is_before = |place: usize| at(self.numbers, place) < number;
        let place = if about < end && is_before(about) {
            (about + 1..end).find(|place| !is_before(*place))?
        } else {
            (first..about).rev().find(|place| is_before(*place)).map_or(first, |place| place + 1)
        };
        (place < end && at(self.numbers, place) == number).then_some(place)
    }
}

fn at(bytes: &[u8], place: usize) -> u32 {
    bytes[place * 4..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::Sorted;

    #[test]
    fn a_number_is_found_where_it_stands_and_nowhere_else() {
        let mut numbers: Vec<u32> = (0..20_000_u32).map(|n| crate::features::number(9, &[&n.to_le_bytes()])).collect();
        numbers.sort_unstable();
        let bytes = Sorted::bytes(&numbers);
        let (sorted, rest) = Sorted::parse(&bytes, numbers.len()).unwrap();
        assert!(rest.is_empty());
        for number in numbers.iter().copied().chain([0, 1, u32::MAX]) {
            assert_eq!(sorted.find(number), numbers.binary_search(&number).ok(), "{number}");
            let beside = number.wrapping_add(1);
            assert_eq!(sorted.find(beside), numbers.binary_search(&beside).ok(), "{beside}");
        }
    }

    #[test]
    fn no_numbers_are_no_trouble_and_a_broken_table_is_refused() {
        let mut bytes = Sorted::bytes(&[]);
        assert_eq!(Sorted::parse(&bytes, 0).unwrap().0.find(7), None);
        assert!(Sorted::parse(&bytes, 1).is_none());
        bytes[40] = 9;
        assert!(Sorted::parse(&bytes, 0).is_none());
    }
}
