using System.Reflection;
using Harness.Execution.Files;

namespace Harness.Execution.Tests.Faults;

/// <summary>A disk on which every path with some text in it may be looked at and not entered, as a folder without permissions.</summary>
internal class BarredFiles : DispatchProxy
{
    private IFileLayer? _inner;
    private string _barred = "";

    public static IFileLayer Over(IFileLayer inner, string barred)
    {
        var proxy = Create<IFileLayer, BarredFiles>();
        ((BarredFiles)(object)proxy)._inner = inner;
        ((BarredFiles)(object)proxy)._barred = barred;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var path = args?.OfType<string>().FirstOrDefault(a => a.Contains(_barred, StringComparison.Ordinal));
        if (path is not null && targetMethod!.Name != nameof(IFileLayer.MakeFolder) && !(targetMethod.Name == nameof(IFileLayer.KindOf) && path.EndsWith(_barred, StringComparison.Ordinal)))
        {
            throw new UnauthorizedAccessException($"{path}: permission denied.");
        }

        if (path is not null && targetMethod!.Name == nameof(IFileLayer.KindOf))
        {
            return EntryKind.Folder;
        }

        return targetMethod!.Invoke(_inner, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}
