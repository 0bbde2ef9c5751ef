using System.Diagnostics;

namespace Harness.Sweeps.Tests;

/// <summary>Text that is no sweep: depth, aliases, tags, duplicates, encodings, and files that are no files.</summary>
public sealed class BadYamlTests
{
    private const string NoAliases = "anchors and aliases are not supported. Write the value out; a value that begins with * or & needs quotes.";

    [Fact]
    public void An_alias_bomb_is_refused_at_once_and_in_little_memory()
    {
        const string Bomb = """
            a: &a [x,x,x,x,x,x,x,x,x]
            b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
            c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
            d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
            e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]
            """;
        Some.Read(Bomb); // compiles the code, so that the second reading is what is measured
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        var problems = Some.Problems(Bomb);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50 << 20);
        Assert.Contains("s.yaml:1: an anchor (&name); " + NoAliases, problems);
        Assert.Contains("s.yaml:2: an alias (*name); " + NoAliases, problems);
    }

    [Fact]
    public void A_merge_key_is_refused()
    {
        var problems = Some.Problems("m: {n_layer: 1}\nmodel:\n  <<: {n_layer: 1}\n");
        Assert.Contains("s.yaml:3: <<: merge keys are not supported. Write the keys out.", problems);
    }

    [Fact]
    public void A_self_reference_is_refused() =>
        Assert.Contains("s.yaml:4: an alias (*name); " + NoAliases, Some.Problems(Some.Base + "name: &a {k: *a}\n"));

    [Theory]
    [InlineData("[", 65)]
    [InlineData("[", 1_000)]
    [InlineData("[", 100_000)]
    [InlineData("{a: ", 65)]
    [InlineData("{a: ", 100_000)]
    [InlineData("- ", 65)]
    [InlineData("- ", 100_000)]
    public void Deep_nesting_is_an_error_with_a_line(string opening, int depth) =>
        Assert.Equal(["s.yaml:1: nested more than 64 levels deep. Flatten it."], Some.Problems(string.Concat(Enumerable.Repeat(opening, depth))));

    [Theory]
    [InlineData("", "s.yaml: the file holds no values. configs/ has examples.")]
    [InlineData("# only a comment\n", "s.yaml: the file holds no values. configs/ has examples.")]
    [InlineData("- a\n", "s.yaml:1: the file is a list; a sweep is a mapping of keys. configs/ has examples.")]
    [InlineData("hello", "s.yaml:1: the file is 'hello'; a sweep is a mapping of keys. configs/ has examples.")]
    [InlineData("name: a\0b", "s.yaml:1: a control character (0x00); a sweep is plain text. Remove it.")]
    [InlineData("name: a\nquestion: \u001b[31mred", "s.yaml:2: a control character (0x1b); a sweep is plain text. Remove it.")]
    [InlineData("a:\n\t- b", "s.yaml:1: is not YAML: While scanning a mapping, found invalid tab as indentation. Indent with spaces.")]
    [InlineData("model: [1, 2", "s.yaml:2: is not YAML: While parsing a flow sequence, did not find expected ',' or ']'. Check indentation, colons and brackets.")]
    [InlineData("model: {a: b\nx: y", "s.yaml:1: is not YAML: it breaks off or is malformed near here. Check indentation, colons and brackets.")]
    public void Text_that_is_no_mapping_gives_exactly_this(string yaml, string message) => Assert.Equal([message], Some.Problems(yaml));

    [Fact]
    public void A_second_document_is_refused() =>
        Assert.Equal(["s.yaml:4: a second document begins; a file holds one sweep. Remove the '---' and what follows, or make it a file of its own."], Some.Problems(Some.Base + "---\nname: b\n"));

    [Theory]
    [InlineData("!!int 5", "s.yaml:4: a tag 'tag:yaml.org,2002:int'; tags are not supported. Remove it; a value that begins with ! needs quotes.")]
    [InlineData("!System.Diagnostics.Process {}", "s.yaml:4: a tag '!System.Diagnostics.Process'; tags are not supported. Remove it; a value that begins with ! needs quotes.")]
    [InlineData("!!python/object/apply:os.system [ls]", "s.yaml:4: a tag 'tag:yaml.org,2002:python/object/apply:os.system'; tags are not supported. Remove it; a value that begins with ! needs quotes.")]
    public void A_tag_is_refused(string value, string message) => Assert.Contains(message, Some.Problems(Some.Base + "name: " + value + "\n"));

    [Theory]
    [InlineData("question: a\nquestion: b\n", "s.yaml:5: question: given twice, here and at line 4; a key stands once. Remove one of them.")]
    [InlineData("training.seed: 1\nevaluation.count: 3\ntraining: {seed: 1}\n", "s.yaml:6: training: given twice, here and at line 3; a key stands once. Remove one of them.")]
    [InlineData("training.peak_lr: 1\n", "s.yaml:4: training.peak_lr: given twice, here and at line 3; a key stands once. Remove one of them.")]
    [InlineData("Model: {n_layer: 1}\n", "s.yaml:4: Model: unknown key. Did you mean model?")]
    [InlineData("MODEL.N_LAYER: 1\n", "s.yaml:4: MODEL.N_LAYER: unknown key. Did you mean model.n_layer?")]
    [InlineData("tokens: 5\n", "s.yaml:4: tokens: unknown key. Did you mean training.tokens?")]
    [InlineData("training.lerning_rate: 5\n", "s.yaml:4: training.lerning_rate: unknown key. Did you mean training.peak_lr?")]
    [InlineData("evaluation: {cuont: 5}\n", "s.yaml:4: evaluation.cuont: unknown key. Did you mean evaluation.count?")]
    [InlineData("batch_size: 5\n", "s.yaml:4: batch_size: unknown key. Did you mean training.batch_tokens?")]
    [InlineData("frobnicate: 5\n", "s.yaml:4: frobnicate: unknown key. 'harness plan --keys' lists all.")]
    [InlineData("\"\\e[31mred\": 5\n", "s.yaml:4: \\u{1b}[31mred: unknown key. 'harness plan --keys' lists all.")]
    [InlineData("? [a]\n: b\n", "s.yaml:4: a key that is not plain text. Write key: value.")]
    [InlineData("evaluation:\n", "s.yaml:4: evaluation: has no keys under it; a section is a mapping. Indent its keys, or remove it.")]
    [InlineData("evaluation: 5\n", "s.yaml:4: evaluation: '5'; a section is a mapping. Write its keys indented under it.")]
    public void A_wrong_key_gives_exactly_this(string line, string message) => Assert.Equal([message], Some.Problems(Some.Base + line));

    [Fact]
    public void All_problems_come_at_once_sorted_by_line()
    {
        var reading = Some.Read("fit: {seed: x}\nmodel: {n_layer: 0, d_model: 64, n_head: 5}\ndata: {source: internet}\ntraining: {tokens: 1M, batch_tokens: 2000, peak_lr: .nan, colour: red}\n");
        Assert.Null(reading.Plan);
        Assert.Equal(["fit.seed", "model.n_layer", "data.source", "training.peak_lr", "training.colour", "training.batch_tokens"], reading.Problems.Select(p => p.Key).Where(k => k != "model.n_head"));
        Assert.Equal(reading.Problems.Select(p => p.Line).Order(), reading.Problems.Select(p => p.Line));
    }
}
