using System.Text;
using System.Text.RegularExpressions;
using Harness.Training.Data.Text;

namespace Harness.Training.Tests.Data;

public sealed partial class Gpt2Tests
{
    // Every token of GPT-2's vocabulary that occurs in the texts below, with its rank. Merging a text can only ever make tokens that occur in
    // it, so these encode the texts exactly as the whole vocabulary does.
    private const string Sample =
        """
        IHQ=:256 aGU=:258 cmU=:260 IHRoZQ==:262 ZXI=:263 YXQ=:265 IHc=:266 IG8=:267 ZW4=:268 IGM=:269 aXM=:271 YW4=:272 b3I=:273 ZXM=:274
        IGI=:275 IGY=:277 YXI=:283 IG0=:285 IGQ=:288 aWM=:291 IHRo:294 bGw=:297 ZW50:298 IGw=:300 c3Q=:301 dmU=:303 cm8=:305 IGc=:308
        aWQ=:312 dXQ=:315 IGlz:318 b3c=:322 c2U=:325 dmVy:332 bGQ=:335 IDI=:362 a2U=:365 IEg=:367 cmk=:380 dW0=:388 ZXN0:395 YWI=:397
        dGg=:400 YW50:415 ZWw=:417 cXU=:421 bnQ=:429 bWVudA==:434 VGhl:464 IGRv:466 IGo=:474 IHdvcg==:476 b2s=:482 b2c=:519 aWE=:544
        b3du:593 IDQ=:604 IG15:616 aWNr:624 IG92ZXI=:625 IHF1:627 cmVhdA==:630 b3Zl:659 dGU=:660 aWFu:666 d24=:675 IEhl:679 aXNo:680
        Y2s=:694 ZWxs:695 b3Y=:709 aXNl:786 ID0=:796 cm93:808 VGg=:817 cHM=:862 IGJy:865 dW1w:931 IHdvcmxk:995 YXo=:1031 IGdy:1036
        aXNt:1042 IGdyZWF0:1049 dXRl:1133 aWs=:1134 b3g=:1140 dGhl:1169 IGk=:1312 bWU=:1326 ICs=:1343 IGJybw==:1379 dG8=:1462 c2g=:1477
        SGU=:1544 YnI=:1671 b3JsZA==:1764 44I=:1792 bXk=:1820 bGlzaA==:1836 IGN1dA==:2005 cm93bg==:2053 IHF1aWNr:2068 b2tl:2088 Z3I=:2164
        Ymw=:2436 b3Zlcg==:2502 44E=:2515 aXNlcw==:2696 YXJp:2743 aGVs:2978 bXA=:3149 YW5p:3216 IGRvZw==:3290 a2Vu:3464 bWVu:3653
        YXJpYW4=:3699 ZWF0:4098 b2tlbg==:4233 IGp1bXA=:4391 cmlhbg==:4484 bGk=:4528 ZG8=:4598 IGJyb3c=:4772 bGE=:5031 IEhlbA==:5053
        bG8=:5439 IEhlbGw=:5783 c20=:5796 ZGlz:6381 Zm8=:6513 d29ybGQ=:6894 enk=:7357 cmlh:7496 IGp1:7544 IGJyb3du:7586 YnJv:7957
        dW1wcw==:8142 dGE=:8326 c2Vz:8448 bmk=:8461 IGxh:8591 dGFi:8658 Y3V0:8968 dWk=:9019 ZG9n:9703 YXJpYQ==:10312 IGdyZQ==:10536
        IHE=:10662 ZGk=:10989 ZWxsbw==:11109 IGZv:11511 YXp5:12582 SGVs:12621 aGVsbA==:12758 Zm94:12792 IGN1dGU=:13779 dGFyaWFu:14012
        anU=:14396 SGVsbG8=:15496 Z3Jl:16694 IGxhenk=:16931 YW50aQ==:17096 YWJsaXNo:17148 aXNobWVudA==:17862 IGp1bXBz:18045 ZXN0YQ==:18059
        ZWE=:18213 Z3JlYXQ=:18223 IEhlbGxv:18435 55Q=:18796 bGxv:18798 dGFy:18870 IGN1:18912 IG92:19643 aWRp:19830 dGk=:20259 bmlz:21361
        cmVh:21468 d28=:21638 IGZveA==:21831 a3Q=:21841 YWJs:23117 aG0=:23940 cXVpY2s=:24209 IHdv:24486 aWFuaQ==:25111 YnJvdw==:25367
        YWJsaXNobWVudA==:25380 Y3U=:27399 bGlz:27999 SGVsbA==:28254 ZW50YQ==:29188 aWRpcw==:29207 44GG:29557 dG9rZW4=:30001 44Go:30201
        44Gn:30640 aGVsbG8=:31373 IG92ZQ==:31471 YnJvd24=:33282 5pc=:33768 IGxheg==:37296 55Sf:37955 c3Rh:38031 c3RhYg==:39029
        ZXN0YWJsaXNo:40037 anVtcA==:43327 ZXN0YWJsaXNobWVudA==:44390 IHF1aQ==:45567 6Ko=:45739 cmw=:45895 YW5pc20=:48162
        """;

    private static readonly BytePairRanks s_ranks = SampleRanks();

    [Theory]
    [InlineData("Hello world", 15496, 995)]
    [InlineData(" Hello world", 18435, 995)]
    [InlineData("hello world", 31373, 995)]
    [InlineData("Hello, world!", 15496, 11, 995, 0)]
    [InlineData("Hello, my dog is cute", 15496, 11, 616, 3290, 318, 13779)]
    [InlineData("The quick brown fox jumps over the lazy dog", 464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290)]
    [InlineData("tiktoken is great!", 83, 1134, 30001, 318, 1049, 0)]
    [InlineData("antidisestablishmentarianism", 415, 29207, 44390, 3699, 1042)]
    [InlineData("2 + 2 = 4", 17, 1343, 362, 796, 604)]
    [InlineData("お誕生日おめでとう", 2515, 232, 45739, 243, 37955, 33768, 98, 2515, 232, 1792, 223, 30640, 30201, 29557)]
    public void Encodings_are_those_published_for_gpt2(string text, params int[] expected) =>
        Assert.Equal(expected, Encode(new Gpt2Encoder(s_ranks), Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_repeated_text_gives_repeated_tokens()
    {
        var encoder = new Gpt2Encoder(s_ranks);
        Assert.Equal(Encode(encoder, "tiktoken is great!"u8), Encode(encoder, "tiktoken is great!"u8));
    }

    [Fact]
    public void Pieces_are_those_of_the_published_regular_expression()
    {
        // Words, digits, contractions, punctuation, all kinds of white space, letters and numbers of other scripts (one UTF-16 unit each).
        string[] parts = ["a", "Don't", "'s", "'re", "'ll", "'S", "'", "x1", "42", "½", "Ⅳ", "é", "日本", "мир", "ـ", "\u0301", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", "\u00A0", "\u3000", "\u200B", ".", "...", "!?", "_", "€", "'ve ", " 'd", " '", "5th"];
        var random = new Random(1);
        for (var trial = 0; trial < 5000; trial++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.Equal(Published().Matches(text).Select(m => m.Value), Pieces(Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString));
        }
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_kept_as_punctuation()
    {
        byte[] text = [(byte)'a', 0xFF, 0xC3, (byte)' ', 0xE2, 0x82];
        Assert.Equal([[(byte)'a'], [0xFF, 0xC3], [(byte)' ', 0xE2, 0x82]], Pieces(text));
    }

    [Theory]
    [InlineData("one two  three\n\nfour")]
    [InlineData("end.\n  indented 'quoted' text\t\tand\r\nmore")]
    [InlineData("naïve café  日本 語\u3000x  y")]
    public void A_text_cut_at_a_safe_place_has_the_same_pieces(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var end = 1; end <= bytes.Length; end++)
        {
            var cut = Gpt2PreTokenizer.LastSafeCut(bytes.AsSpan(0, end));
            var parts = Pieces(bytes.AsSpan(0, cut)).Concat(Pieces(bytes.AsSpan(cut))).Select(Convert.ToHexString);
            Assert.Equal(Pieces(bytes).Select(Convert.ToHexString), parts);
        }
    }

    [Fact]
    public void Long_pieces_merge_as_the_definition_says()
    {
        var random = new Random(2);
        foreach (var length in new[] { 1, 2, 127, 128, 129, 700 })
        {
            // Letters of one word only, so that the piece is one and many pairs compete.
            var text = Enumerable.Range(0, length).Select(_ => "theatrisn"u8[random.Next(9)]).ToArray();
            Assert.Equal(ByDefinition(text), Encode(new Gpt2Encoder(s_ranks), text));
        }

        Assert.Equal(ByDefinition([.. Enumerable.Repeat((byte)'l', 301)]), Encode(new Gpt2Encoder(s_ranks), [.. Enumerable.Repeat((byte)'l', 301)]));
    }

    [Fact]
    public void A_hundred_kilobytes_without_white_space_ends_in_useful_time()
    {
        var text = Enumerable.Repeat((byte)'l', 1 << 17).ToArray();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(1 << 16, Encode(new Gpt2Encoder(s_ranks), text).Length);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    /// <summary>Join the leftmost neighbours whose joined bytes have the lowest rank; no pair table, no cache.</summary>
    private static int[] ByDefinition(byte[] text)
    {
        var ranks = SampleTokens();
        var parts = text.Select(b => new[] { b }).ToList();
        while (true)
        {
            var best = Enumerable.Range(0, parts.Count - 1)
                .Select(i => (Rank: ranks.TryGetValue([.. parts[i], .. parts[i + 1]], out var r) ? r : int.MaxValue, At: i))
                .DefaultIfEmpty((int.MaxValue, 0)).Min();
            if (best.Item1 == int.MaxValue)
            {
                return [.. parts.Select(p => ranks[p])];
            }

            parts[best.Item2] = [.. parts[best.Item2], .. parts[best.Item2 + 1]];
            parts.RemoveAt(best.Item2 + 1);
        }
    }

    private static int[] Encode(Gpt2Encoder encoder, ReadOnlySpan<byte> text)
    {
        var tokens = new List<int>();
        encoder.Encode(text, tokens);
        return [.. tokens];
    }

    private static List<byte[]> Pieces(ReadOnlySpan<byte> text)
    {
        var pieces = new List<byte[]>();
        while (!text.IsEmpty)
        {
            var length = Gpt2PreTokenizer.FirstPiece(text);
            pieces.Add(text[..length].ToArray());
            text = text[length..];
        }

        return pieces;
    }

    private static BytePairRanks SampleRanks() => new(SampleTokens());

    private static Dictionary<byte[], int> SampleTokens()
    {
        var tokens = Some.SingleByteRanks();
        foreach (var token in Sample.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = token.IndexOf(':', StringComparison.Ordinal);
            tokens.Add(Convert.FromBase64String(token[..colon]), int.Parse(token[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        }

        return tokens;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Published();
}
