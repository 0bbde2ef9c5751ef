namespace Harness.Training.Steps;

/// <summary>What a device says of the steps that it was asked for at once. For measurements: a run doesn't ask.</summary>
internal interface IDeviceClock
{
    /// <summary>Takes times from now on, where the device has a clock; each then waits for its steps' end.</summary>
    void Start();

    /// <summary>Seconds from the first to the last of the steps last asked for; null where the device has no clock, or before <see cref="Start"/>.</summary>
    double? Seconds { get; }

    /// <summary>Seconds in which the host, having asked for the steps last asked for, did nothing but wait for their end.</summary>
    double WaitSeconds { get; }

    /// <summary>Kernels that one step launches, counted in its graph; null where there is none.</summary>
    long? KernelsPerStep { get; }
}
