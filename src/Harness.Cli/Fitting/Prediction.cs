using System.Globalization;
using System.Text;
using System.Text.Json;
using Harness.Reporting.Fits;

namespace Harness.Cli.Fitting;

/// <summary>One number that a law predicts.</summary>
/// <param name="Name">The variable or target.</param>
/// <param name="Value">By the fitted parameters.</param>
/// <param name="Interval">[low, high] of the law's mean, not of a single run; null where there is no honest one.</param>
internal sealed record PredictedValue(string Name, double Value, double[]? Interval);

/// <summary>A law's answer.</summary>
/// <param name="Law">The law's name.</param>
/// <param name="Given">The variables that were asked about.</param>
/// <param name="TargetLoss">The loss that was to be reached; null when variables were given.</param>
/// <param name="Confidence">The probability that intervals are meant to cover.</param>
/// <param name="Draws">Number of draws behind the intervals; 0 where they come from the parameters' covariance.</param>
/// <param name="Basis">What the intervals come from, in words.</param>
/// <param name="Values">The numbers.</param>
/// <param name="Notes">What qualifies them.</param>
internal sealed record Prediction(
    string Law,
    IReadOnlyDictionary<string, double> Given,
    double? TargetLoss,
    double Confidence,
    int Draws,
    string Basis,
    IReadOnlyList<PredictedValue> Values,
    IReadOnlyList<string> Notes)
{
    public string ToText()
    {
        string at = TargetLoss is { } loss
            ? $"loss = {FitText.Number(loss, 10)}"
            : string.Join(", ", Given.Select(g => $"{g.Key} = {FitText.Number(g.Value, 10)}"));
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{Law} at {at}\n");
        int width = Values.Max(v => v.Name.Length);
        foreach (PredictedValue v in Values)
        {
            string interval = v.Interval is [var low, var high]
                ? $"   {FitText.Number(100 * Confidence, 4)} % interval [{FitText.Number(low, 6)}, {FitText.Number(high, 6)}] {Basis}"
                : "";
            text.Append(CultureInfo.InvariantCulture, $"  {v.Name.PadRight(width)}  {FitText.Number(v.Value, 10)}{interval}\n");
        }

        foreach (string note in Notes)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {note}\n");
        }

        return text.ToString();
    }

    public string ToJson()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("law", Law);
            json.WriteStartObject("given");
            foreach ((string name, double value) in Given)
            {
                Write(json, name, value);
            }

            if (TargetLoss is { } loss)
            {
                Write(json, "target_loss", loss);
            }

            json.WriteEndObject();
            json.WriteStartObject("predicted");
            foreach (PredictedValue v in Values)
            {
                Write(json, v.Name, v.Value);
            }

            json.WriteEndObject();
            json.WriteStartObject("intervals");
            foreach (PredictedValue v in Values)
            {
                if (v.Interval is [var low, var high])
                {
                    json.WriteStartArray(v.Name);
                    json.WriteNumberValue(low);
                    json.WriteNumberValue(high);
                    json.WriteEndArray();
                }
                else
                {
                    json.WriteNull(v.Name);
                }
            }

            json.WriteEndObject();
            json.WriteNumber("confidence", Confidence);
            json.WriteNumber("draws", Draws);
            json.WriteString("basis", Basis);
            json.WriteStartArray("notes");
            foreach (string note in Notes)
            {
                json.WriteStringValue(note);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
