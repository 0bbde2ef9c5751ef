using System.Reflection;
using System.Text.Json.Serialization;

namespace Harness.Sweeps.Keys;

/// <summary>The names that the vocabulary's enums have in YAML and JSON, taken from their attributes so that they stand once.</summary>
internal static class SpecNames
{
    public static IReadOnlyList<string> Of<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(NameOf)];

    public static T? Parse<T>(string name) where T : struct, Enum => Names<T>.ByName.TryGetValue(name, out var value) ? value : null;

    public static string NameOf<T>(T value) where T : struct, Enum => Names<T>.ByValue[value];

    private static class Names<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> ByValue = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(f => (T)f.GetValue(null)!, f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name);

        public static readonly Dictionary<string, T> ByName = ByValue.ToDictionary(p => p.Value, p => p.Key);
    }
}
