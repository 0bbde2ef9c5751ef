using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

/// <summary>Names become folders, shell words and terminal text: BI-10, BI-11, BI-12.</summary>
public sealed class NameTests
{
    private static readonly string[] Names =
    [
        "../x", "/etc/x", "..\\x", "%2e%2e%2f", "a/b", "file:///etc/passwd", "x#/../y", "a\0b", "a\nb", "CON", "con.txt", "nul", "LPT1", "x.", "..", ".", "", " ", "-rf", "--help",
        new string('a', 300), "\U0001F680", "\u202Eabc", "a\u200Db", "$(reboot)", "`id`", "a;b", "'a'", "\"a\"", "a\n#SBATCH --uid=0", "\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "a b", "A", "caf\u00e9", "cafe\u0301",
    ];

    private static readonly string[] Devices = ["con", "prn", "aux", "nul", "com1", "lpt1"];

    public static TheoryData<string> Hostile => [.. Names];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Any_name_becomes_a_safe_folder(string name)
    {
        var slug = Slug.Of(name);
        Assert.Matches("^[a-z0-9][a-z0-9._-]{0,63}$", slug);
        Assert.DoesNotContain("..", slug, StringComparison.Ordinal);
        Assert.False(slug.EndsWith('.'), slug);
        Assert.DoesNotContain(slug.Split('.')[0], Devices);
        Assert.Equal(slug, Slug.Of(slug));
    }

    [Fact]
    public void Different_names_never_share_a_folder()
    {
        var names = Names.Concat(["a", "x", "con", "CON", "Con", "cafe", "kaplan", "Kaplan", "KAPLAN", "a-b", new string('a', 299)]).Distinct().ToList();
        Assert.Equal(names.Count, names.Select(Slug.Of).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("kaplan")]
    [InlineData("a.b_c-1")]
    [InlineData("2026-11-22")]
    public void A_safe_name_stays_as_it_is(string name) => Assert.Equal(name, Slug.Of(name));

    [Fact]
    public void Name_and_question_reach_no_terminal_unescaped()
    {
        var plan = Some.Plan(Some.Base + "name: \"a\\e[31mb\\nc\"\nquestion: \"is\\u202E it\\a?\"\n");
        Assert.Equal("a\\u{1b}[31mb\\u{a}c", plan.Name);
        Assert.Equal("is\\u{202e} it\\u{7}?", plan.Question);
        Assert.Matches("^[a-z0-9-]+$", plan.Slug);
    }

    [Fact]
    public void A_hostile_run_name_is_a_letter_digit_dot_dash_name()
    {
        var plan = Some.Plan(Some.Base + "sweep:\n  runs:\n    - {name: \"../$(x)\\n\\e[0m\", seed: 1}\n    - {name: Wide, seed: 2}\n    - {name: wide, seed: 3}\n    - {name: wide, seed: 4}\n    - {name: a_b, seed: 5}\n");
        Assert.All(plan.Runs, r => Assert.Matches("^[A-Za-z0-9][A-Za-z0-9.-]*$", r.Name));
        Assert.Equal(5, plan.Runs.Select(r => r.Name.ToUpperInvariant()).Distinct().Count());
    }

    [Fact]
    public void Names_say_what_tells_runs_apart()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {peak_lr: [1e-3, 2e-3], lr_schedule: [constant, cosine], optimizer.beta1: [0.9, 0.8]}}");
        Assert.Equal(8, plan.Runs.Select(r => r.Name).Distinct().Count());
        Assert.All(plan.Runs, r => Assert.Matches("^gpt2-l2-d64-t999k-s1-lr0.00[12]-(constant|cosine)-[0-9a-f]{8}$", r.Name));
    }

    [Fact]
    public void A_message_shows_hostile_text_escaped_on_one_short_line()
    {
        var message = Assert.Single(Some.Problems(Some.Base + "fit: {bootstrap_by: \"\\e]0;x\\a" + new string('y', 500) + "\"}\n"));
        Assert.DoesNotContain(message, char.IsControl);
        Assert.True(message.Length < 250, message);
    }
}
