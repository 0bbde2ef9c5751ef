using Harness.Core.Data;
using Harness.Training.Data;

namespace Harness.Training.Tests.Data;

public sealed class DataCatalogTests : IDisposable
{
    private readonly Some _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void Text_changed_since_the_plan_is_refused()
    {
        var data = Some.Text(_some.File("a.txt", "some text\nand more\n"));
        var planned = data with { ContentHash = _some.Catalog().Describe(data).ContentHash };
        _some.Catalog().Open(planned).Dispose();
        File.AppendAllText(data.Paths[0], "one line more\n");
        var error = Assert.Throws<DataUnavailableException>(() => _some.Catalog().Open(planned));
        Assert.StartsWith($"{data.Paths[0]}: changed since the plan was made (content ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($", planned {planned.ContentHash![..12]}). Restore what was planned, or plan the sweep again to train on what is there now.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_changed_since_the_plan_is_refused_even_with_its_old_size_and_time_just_now()
    {
        var data = Some.Shards(_some.File("a.bin", ShardTests.Bytes([1, 2, 3, 4])));
        var planned = data with { ContentHash = _some.Catalog().Describe(data).ContentHash };
        File.WriteAllBytes(data.Paths[0], ShardTests.Bytes([1, 2, 3, 5]));
        Assert.Throws<DataUnavailableException>(() => _some.Catalog().Open(planned));
        File.WriteAllBytes(data.Paths[0], ShardTests.Bytes([1, 2, 3, 4]));
        _some.Catalog().Open(planned).Dispose();
    }

    [Fact]
    public void Prepared_text_is_enough_where_its_files_are_not()
    {
        var data = Some.Text(_some.File("a.txt", "some text\nand more\n"));
        using var here = _some.Catalog().Open(data);
        File.Delete(data.Paths[0]);
        using var elsewhere = _some.Catalog().Open(data with { ContentHash = here.Facts.ContentHash });
        Assert.Equal(Some.All(here.Train), Some.All(elsewhere.Train));
        Assert.Equal(here.Facts, elsewhere.Facts);
        Assert.Throws<DataUnavailableException>(() => _some.Catalog().Open(data));
    }

    [Fact]
    public void A_damaged_prepared_corpus_is_made_again()
    {
        var data = Some.Text(_some.File("a.txt", "some text\nand more\n"));
        using var before = _some.Catalog().Open(data);
        var prepared = Assert.Single(Directory.EnumerateFiles(Path.Combine(_some.Cache, "corpora")));
        var bytes = File.ReadAllBytes(prepared);
        bytes[70] ^= 1;
        File.WriteAllBytes(prepared, bytes);
        using var after = _some.Catalog().Open(data);
        Assert.Equal(Some.All(before.Train), Some.All(after.Train));
        File.WriteAllBytes(prepared, bytes[..40]);
        _some.Catalog().Open(data).Dispose();
    }

    [Fact]
    public void A_prepared_corpus_bears_its_sha256_as_its_name()
    {
        var facts = _some.Catalog().Describe(Some.Text(_some.File("a.txt", "some text\nand more\n")));
        var prepared = Assert.Single(Directory.EnumerateFiles(Path.Combine(_some.Cache, "corpora")));
        Assert.Equal(facts.ContentHash + ".tokens", Path.GetFileName(prepared));
        Assert.Equal(facts.ContentHash, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(prepared))));
    }

    [Fact]
    public void Content_not_paths_or_file_times_makes_the_hash_and_so_does_the_split()
    {
        var first = Some.Text(_some.File("a.txt", "some text\nand more\nand more yet\n"));
        var second = Some.Text(_some.File("other/b.txt", "some text\nand more\nand more yet\n"));
        Assert.Equal(Hash(first), Hash(second));
        Assert.NotEqual(Hash(first), Hash(first with { ValidationFraction = 0.6 }));

        string Hash(DataSpec data) => _some.Catalog().Describe(data).ContentHash;
    }

    [Fact]
    public async Task Many_at_once_prepare_the_same_corpus()
    {
        var data = Some.Text(_some.File("a.txt", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i}\n"))));
        var hashes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var stream = _some.Catalog().Open(data);
            return stream.Facts.ContentHash;
        })));
        Assert.Single(hashes.Distinct());
        Assert.Single(Directory.EnumerateFiles(Path.Combine(_some.Cache, "corpora")));
    }

    [Fact]
    public void A_cache_that_can_t_be_written_is_named()
    {
        var blocked = _some.File("file", "in the way");
        var error = Assert.Throws<DataUnavailableException>(() => new DataCatalog(blocked).Describe(Some.Text(_some.File("a.txt", "some text\nand more\n"))));
        Assert.StartsWith($"{blocked}: prepared corpora can't be kept here (", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("). Make room or set XDG_CACHE_HOME to a folder that can be written.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_catalogue_never_loads_tensors()
    {
        _some.Catalog().Describe(Some.Text(_some.File("a.txt", "some text\nand more\n")));
        Assert.DoesNotContain(typeof(DataCatalog).Assembly.GetTypes().Where(t => t.Namespace?.StartsWith("Harness.Training.Data", StringComparison.Ordinal) == true)
            .SelectMany(t => t.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Public))
            .Select(f => f.FieldType.Assembly.GetName().Name), name => name == "Harness.Torch");
    }
}
