using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace Harness.Torch.Tests;

/// <summary>
/// The binding has TorchSharp's names and signatures, so that the engine's sources compile against either. signatures.txt is the list of what
/// is bound; a difference in a type, a parameter's name or a default fails here. Add a line only for what TorchSharp has.
/// </summary>
public sealed class SignatureTests
{
    [Fact]
    public void Every_member_is_on_the_list_and_every_line_is_bound()
    {
        string[] listed = [.. File.ReadLines(Path.Combine(NativeBuild.Root, "tests", "Harness.Torch.Tests", "signatures.txt"))
            .Where(l => l.Length > 0 && l[0] != '#').Order(StringComparer.Ordinal)];
        string[] bound = [.. typeof(torch).Assembly.GetExportedTypes()
            .Where(t => t.Namespace is { } n && n.StartsWith("TorchSharp", StringComparison.Ordinal)).SelectMany(Members).Order(StringComparer.Ordinal)];
        Assert.True(
            listed.SequenceEqual(bound, StringComparer.Ordinal),
            $"Not bound:\n  {string.Join("\n  ", listed.Except(bound))}\nNot listed:\n  {string.Join("\n  ", bound.Except(listed))}");
    }

    private static IEnumerable<string> Members(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        string owner = Name(type);
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(n => $"{owner}.{n} = {Convert.ToInt64(Enum.Parse(type, n), null)}");
        }

        return type.GetMembers(all).Where(m => m is not Type && !m.IsDefined(typeof(CompilerGeneratedAttribute))).Select(m => m switch
        {
            FieldInfo f => $"{owner}.{f.Name} : {Name(f.FieldType)}",
            PropertyInfo p => $"{owner}.{p.Name}{(p.GetIndexParameters().Length > 0 ? Parameters(p.GetIndexParameters()) : "")} : {Name(p.PropertyType)} {{{(p.CanRead ? " get;" : "")}{(p.SetMethod?.IsPublic == true ? " set;" : "")} }}",
            ConstructorInfo c => $"{owner}{Parameters(c.GetParameters())}",
            MethodInfo { IsSpecialName: true } o when !o.Name.StartsWith("op_", StringComparison.Ordinal) => "",
            MethodInfo o => $"{owner}.{o.Name}{(o.IsGenericMethod ? "<" + string.Join(", ", o.GetGenericArguments().Select(Name)) + ">" : "")}{Parameters(o.GetParameters())} : {Name(o.ReturnType)}",
            _ => $"{owner}.{m.Name}",
        }).Where(l => l.Length > 0);
    }

    private static string Parameters(ParameterInfo[] parameters) => "(" + string.Join(", ", parameters.Select(p =>
        (p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "") + Name(p.ParameterType) + " " + p.Name + (p.HasDefaultValue ? " = " + Default(p.DefaultValue) : ""))) + ")";

    private static string Default(object? value) => value switch
    {
        null => "null",
        bool b => b ? "true" : "false",
        _ => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type)
    {
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Name(inner) + "?";
        }

        string name = type.Name.Split('`')[0];
        string generic = type.IsGenericType ? "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">" : "";
        string outer = type is { IsNested: true, IsGenericParameter: false } ? Name(type.DeclaringType!) + "." : "";
        return outer + name + generic;
    }
}
