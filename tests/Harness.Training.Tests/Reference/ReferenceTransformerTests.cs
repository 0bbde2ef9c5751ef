using Harness.Training.Models;

namespace Harness.Training.Tests.Reference;

/// <summary>The reference is only a reference if its own gradients are right: central differences in double precision.</summary>
public sealed class ReferenceTransformerTests
{
    [Theory]
    [MemberData(nameof(Some.VariantNames), MemberType = typeof(Some))]
    public void Reference_gradients_are_those_of_finite_differences(string variant)
    {
        var model = Some.Variant(variant);
        var layout = ParameterLayout.Of(model);
        var reference = new ReferenceTransformer(model, Some.Weights(model));
        var windows = Some.Windows(model, 2);
        reference.Loss(windows, backward: true);
        var random = new Random(11);
        foreach (var slot in layout.Slots)
        {
            for (var k = 0; k < 4; k++)
            {
                var i = slot.Offset + random.NextInt64(slot.Length);
                var kept = reference.Weights[i];
                const double h = 1e-5;
                reference.Weights[i] = kept + h;
                var above = reference.Loss(windows);
                reference.Weights[i] = kept - h;
                var below = reference.Loss(windows);
                reference.Weights[i] = kept;
                var difference = (above - below) / (2 * h);
                Assert.True(Math.Abs(difference - reference.Gradients[i]) < 1e-8, $"{slot.Name}[{i - slot.Offset}]: {reference.Gradients[i]:R}, differences say {difference:R}");
            }
        }
    }

    // DLMF table 7.23 (erf to ten decimals).
    [Theory]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1.0, 0.8427007929497149)]
    [InlineData(2.5, 0.9995930479825550)]
    [InlineData(3.5, 0.9999992569016276)]
    public void Erf_has_its_published_values(double x, double published)
    {
        Assert.Equal(published, ReferenceOps.Erf(x), 1e-14);
        Assert.Equal(-published, ReferenceOps.Erf(-x), 1e-14);
    }
}
