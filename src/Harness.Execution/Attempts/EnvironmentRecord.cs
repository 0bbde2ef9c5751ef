using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Execution.Attempts;

/// <summary>What is recorded of the surroundings of an attempt: named facts and an allow-list of variables, so that no secret can slip in.</summary>
internal static class EnvironmentRecord
{
    /// <summary>Variables that change numbers or speed. Nothing else of the environment is ever stored.</summary>
    public static IReadOnlyList<string> AllowedVariables { get; } =
    [
        "CUDA_VISIBLE_DEVICES", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "PYTORCH_CUDA_ALLOC_CONF",
        "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "MKL_NUM_THREADS", "MKL_CBWR", "KMP_AFFINITY",
        "GOMP_CPU_AFFINITY", "MALLOC_ARENA_MAX", "LANG", "LC_ALL", "TZ", "HARNESS_ENGINE", "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID",
        "SLURM_ARRAY_TASK_ID", "SLURM_RESTART_COUNT", "SLURM_JOB_PARTITION", "SLURMD_NODENAME", "DOTNET_gcServer", "DOTNET_TieredPGO",
    ];

    /// <summary>The record as JSON.</summary>
    public static byte[] ToJson(IReadOnlyDictionary<string, string> facts)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("host", Environment.MachineName);
            json.WriteString("os", RuntimeInformation.OSDescription);
            json.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString());
            json.WriteNumber("processors", Environment.ProcessorCount);
            json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            json.WriteString("harness", typeof(EnvironmentRecord).Assembly.GetName().Version?.ToString());
            foreach (var (name, value) in facts)
            {
                json.WriteString(name, value);
            }

            json.WriteStartObject("variables");
            foreach (var name in AllowedVariables)
            {
                if (Environment.GetEnvironmentVariable(name) is { } value)
                {
                    json.WriteString(name, value);
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
