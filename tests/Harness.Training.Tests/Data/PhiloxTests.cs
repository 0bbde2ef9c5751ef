using Harness.Training.Data.Randomness;

namespace Harness.Training.Tests.Data;

public sealed class PhiloxTests
{
    // Known answers published with Random123 (kat_vectors, "philox4x32 10"): counter words 0-3, key words 0-1, result words 0-3.
    [Theory]
    [InlineData(0x00000000_00000000, 0x00000000_00000000, 0x00000000_00000000, 0xe169c58d_6627e8d5, 0x9b00dbd8_bc57ac4c)]
    [InlineData(0xffffffff_ffffffff, 0xffffffff_ffffffff, 0xffffffff_ffffffff, 0x41c83b0e_408f276d, 0x6d5451fd_a20bc7c6)]
    [InlineData(0x85a308d3_243f6a88, 0x03707344_13198a2e, 0x299f31d0_a4093822, 0x94fdcceb_d16cfe09, 0x24126ea1_5001e420)]
    public void Bits_are_those_that_its_authors_published(ulong index, ulong purpose, ulong key, ulong low, ulong high) =>
        Assert.Equal((low, high), Philox.At(key, index, purpose));
}
