using System.Text;
using System.Xml.Linq;
using Harness.Core.Data;
using Harness.Training.Data.Documentation;
using Harness.Training.Data.Files;

namespace Harness.Training.Tests.Data;

public sealed class DocumentationTests : IDisposable
{
    private static readonly DataSpec s_docs = new() { Source = DataSource.DotnetDocs, Tokenizer = Tokenizer.Bytes, ValidationFraction = 0.05 };

    private readonly Some _some = new();

    public void Dispose() => _some.Dispose();

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "List")]
    [InlineData("P:System.Text.StringBuilder.Length", "StringBuilder.Length")]
    [InlineData("M:System.Text.Rune.TryCreate(System.Char,System.Char,System.Text.Rune@)", "Rune.TryCreate(Char, Char, Rune)")]
    [InlineData("M:System.String.#ctor(System.Char,System.Int32)", "String(Char, Int32)")]
    [InlineData("M:System.Linq.Enumerable.Select``2(System.Collections.Generic.IEnumerable{``0},System.Func{``0,``1})", "Enumerable.Select(IEnumerable, Func)")]
    [InlineData("M:System.GC.Collect", "GC.Collect()")]
    [InlineData("F:System.String.Empty", "String.Empty")]
    [InlineData("System.Diagnostics.Activity", "Activity")]
    public void References_become_the_names_that_a_reader_would_write(string id, string name) => Assert.Equal(name, DocumentationText.ShortName(id));

    [Fact]
    public void Comments_become_sentences_without_markup()
    {
        var member = XElement.Parse(
            """
            <member name="M:N.C.M(System.Int32)">
              <summary>Gets the <see cref="T:N.C" /> that <paramref name="x" />
              names, or <see langword="null" />.

              A second paragraph with 10<sup>n</sup> of <c>them</c> .</summary>
              <exception cref="T:System.ArgumentNullException">
                <paramref name="x" /> is <see langword="null" />.

                -or-

                <paramref name="x" /> has no use.</exception>
              <remarks><list type="bullet"><item><term>One</term><description>the first kind</description></item><item><description>another kind</description></item></list>
              See <see href="https://example.org">this page</see>.<code>var x = 1 of the same;</code></remarks>
              <returns><see langword="true" /></returns>
              <summary>__m128 _mm_add_ps (__m128 a, __m128 b)</summary><summary>A64: ADD Vd.4S, Vn.4S, Vm.4S</summary>
              <inheritdoc cref="M:N.C.O" />
            </member>
            """, LoadOptions.PreserveWhitespace);
        Assert.Equal(
            [
                "Gets the C that x names, or null.", "A second paragraph with 10^n of them.", "x is null.", "x has no use.",
                "One: the first kind", "another kind", "See this page.",
            ],
            DocumentationText.Lines(member));
    }

    [Fact]
    public void A_document_is_a_type_and_no_line_stands_in_two()
    {
        var first = Xml("first.xml", ("T:N.A", "The first type of all."), ("M:N.A.M", "Does what it does."), ("T:N.B", "The second type of all."));
        var second = Xml("second.xml", ("T:N.C", "The first type of all."), ("P:N.C.P", "Gets the one and only."));
        Assert.Equal(
            ["Gets the one and only.\n\n", "The first type of all.\nDoes what it does.\n\n", "The second type of all.\n\n"],
            DocumentationCorpus.Documents([first, second]).Order(StringComparer.Ordinal));
        Assert.Equal(DocumentationCorpus.Documents([first, second]), DocumentationCorpus.Documents([first, second]));
    }

    [Fact]
    public void Damaged_xml_is_named_with_its_line()
    {
        var file = RegularFile.At(_some.File("a.xml", "<doc>\n<members>\n<member name=\"T:A\"><summary>Some text"));
        var error = Assert.Throws<DataUnavailableException>(() => DocumentationCorpus.Documents([file]));
        Assert.StartsWith($"{file.Path}:3: is damaged XML (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_pack_of_the_major_version_is_taken_and_a_name_once()
    {
        foreach (var path in new[] { "Microsoft.NETCore.App.Ref/9.0.1/ref/net9.0/A.xml", "Microsoft.NETCore.App.Ref/10.0.9/ref/net10.0/A.xml", "Microsoft.NETCore.App.Ref/10.0.12/ref/net10.0/B.xml", "Microsoft.NETCore.App.Ref/10.0.12/ref/net10.0/A.xml", "Microsoft.AspNetCore.App.Ref/10.0.2/ref/net10.0/A.xml", "Microsoft.AspNetCore.App.Ref/10.0.2/ref/net10.0/C.xml" })
        {
            _some.File(Path.Combine("root/packs", path), "<doc/>");
        }

        Assert.Equal(
            ["Microsoft.NETCore.App.Ref/10.0.12/ref/net10.0/A.xml", "Microsoft.NETCore.App.Ref/10.0.12/ref/net10.0/B.xml", "Microsoft.AspNetCore.App.Ref/10.0.2/ref/net10.0/C.xml"],
            ReferencePacks.Files([_some.PathOf("empty"), _some.PathOf("root")]).Select(p => Path.GetRelativePath(_some.PathOf("root/packs"), p)));
        var error = Assert.Throws<DataUnavailableException>(() => ReferencePacks.Files(["/a", "/b"]));
        Assert.Contains("none under /a, /b. Install the SDK, set DOTNET_ROOT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sdk_of_this_machine_gives_megabytes_of_english_of_which_no_held_out_line_is_trained_on()
    {
        using var stream = _some.Catalog().Open(s_docs);
        var train = Encoding.UTF8.GetString([.. Some.All(stream.Train).Select(t => (byte)t)]);
        var heldOut = Encoding.UTF8.GetString([.. Some.All(stream.Validation).Select(t => (byte)t)]);
        Assert.InRange(train.Length + heldOut.Length, 7_000_000, 12_000_000);
        Assert.InRange(heldOut.Length / (double)(train.Length + heldOut.Length), 0.049, 0.051);
        var lines = (train + heldOut).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines.Length, lines.Distinct(StringComparer.Ordinal).Count());

        // English: its letters come in English's order (e above all), and "the" is one word in ten to twenty.
        foreach (var part in new[] { train, heldOut })
        {
            var letters = part.Where(char.IsAsciiLetterLower).CountBy(c => c).OrderByDescending(p => p.Value).Select(p => p.Key).ToArray();
            Assert.Equal('e', letters[0]);
            Assert.All(letters[..8], letter => Assert.Contains(letter, "etaoinsrchldpmu"));
            var words = part.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            Assert.InRange(words.Count(w => w is "the" or "The") / (double)words.Length, 0.05, 0.15);
            Assert.DoesNotContain("_mm256", part, StringComparison.Ordinal);
            Assert.DoesNotContain("<see", part, StringComparison.Ordinal);
        }
    }

    private RegularFile Xml(string name, params (string Id, string Summary)[] members) => RegularFile.At(_some.File(name,
        $"<doc><members>{string.Concat(members.Select(m => $"<member name=\"{m.Id}\"><summary>{m.Summary}</summary></member>"))}</members></doc>"));
}
