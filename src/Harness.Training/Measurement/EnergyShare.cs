namespace Harness.Training.Measurement;

/// <summary>One user's part of a device's energy: what was used while it was there, divided by those who were there with it. Ends when disposed.</summary>
internal sealed class EnergyShare : IDisposable
{
    private readonly SharedEnergy _meter;

    internal EnergyShare(SharedEnergy meter) => _meter = meter;

    /// <summary>What was shared out to it so far, joules; null once the device couldn't be read.</summary>
    internal double? Own { get; set; } = 0;

    /// <summary>Joules since it began; null once they can't be read any more.</summary>
    public double? Joules() => _meter.JoulesOf(this);

    /// <inheritdoc/>
    public void Dispose() => _meter.Leave(this);
}

/// <summary>A device's energy, shared equally at each moment by the runs of this process that train on it then. Other processes' part can't be told apart.</summary>
/// <param name="total">Joules since any beginning; null where they can't be read.</param>
internal sealed class SharedEnergy(Func<double?> total)
{
    private readonly List<EnergyShare> _users = [];
    private readonly Lock _gate = new();
    private double? _seen;

    /// <summary>Whether there is anything to be shared out to somebody who comes now.</summary>
    public bool IsReadable => total() is not null;

    /// <summary>One more user from now on.</summary>
    public EnergyShare Join()
    {
        lock (_gate)
        {
            ShareOut();
            var share = new EnergyShare(this);
            _users.Add(share);
            return share;
        }
    }

    internal double? JoulesOf(EnergyShare share)
    {
        lock (_gate)
        {
            ShareOut();
            return share.Own;
        }
    }

    internal void Leave(EnergyShare share)
    {
        lock (_gate)
        {
            if (_users.Contains(share))
            {
                ShareOut();
                _users.Remove(share);
            }
        }
    }

    private void ShareOut()
    {
        var now = total();
        foreach (var user in _users)
        {
            user.Own += (now - _seen) / _users.Count;
        }

        _seen = now;
    }
}
