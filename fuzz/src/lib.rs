//! What the fuzz targets share.

/// What `fuzz_mutator!` is to do with `data`: libFuzzer's own mutation, and once in fifty times a seed in its
/// place. The length of the new input.
pub fn begin_or_mutate(
    seeds: &[Vec<u8>],
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
) -> usize {
    match seeds.get(seed as usize % (seeds.len() * 50)) {
        Some(seed) if seed.len() <= max_size => {
            data[..seed.len()].copy_from_slice(seed);
            seed.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
}
