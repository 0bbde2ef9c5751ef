using Harness.Core.Runs;
using Harness.Execution.Workers;

namespace Harness.Execution.Tests.SideBySide;

/// <summary>Who may train beside whom: shares of the device, memory, and what happened before.</summary>
public class DeviceRoomTests
{
    [Fact]
    public void Runs_of_which_four_fill_the_device_and_one_of_which_two_do_share_it_until_it_is_full()
    {
        var room = new DeviceRoom(null, TimeProvider.System);
        room.Enter(Run(1), 2);
        Assert.True(room.Fits(Run(2), 4));
        room.Enter(Run(2), 4);
        Assert.False(room.Fits(Run(3), 2));
        Assert.True(room.Fits(Run(3), 4));
        room.Enter(Run(3), 4);
        Assert.True(room.IsFull);
        Assert.False(room.Fits(Run(4), 16));
        room.Leave(Run(1));
        Assert.False(room.IsFull);
        Assert.True(room.Fits(Run(4), 2));
    }

    [Fact]
    public void A_run_that_finds_nobody_is_let_in_whatever_it_needs()
    {
        var room = new DeviceRoom(100, TimeProvider.System);
        Assert.True(room.Fits(Run(1, bytes: 1000), 1, mostTogether: 1));
        room.Enter(Run(1, bytes: 1000), 1, mostTogether: 1);
        Assert.False(room.Fits(Run(2, bytes: 1), 16));
    }

    [Fact]
    public void Estimates_of_memory_must_fit_side_by_side()
    {
        var room = new DeviceRoom(100, TimeProvider.System);
        room.Enter(Run(1, bytes: 60), 8);
        Assert.False(room.Fits(Run(2, bytes: 41), 8));
        Assert.True(room.Fits(Run(2, bytes: 40), 8));
        room.Leave(Run(1));
        Assert.True(room.Fits(Run(2, bytes: 41), 8));
    }

    [Fact]
    public void A_company_that_was_too_large_for_a_run_is_not_tried_again_from_either_side()
    {
        var room = new DeviceRoom(null, TimeProvider.System);
        room.Enter(Run(1), 8);
        room.Enter(Run(2), 8);
        Assert.False(room.Fits(Run(3), 8, mostTogether: 2)); // it ran out of memory among more than two
        Assert.True(room.Fits(Run(3), 8, mostTogether: 3));
        room.Leave(Run(2));
        room.Enter(Run(3), 8, mostTogether: 2);
        Assert.False(room.Fits(Run(4), 8)); // nor may another join it
    }

    [Fact]
    public void A_stack_takes_the_share_and_the_memory_of_its_members_and_everyone_remembers_the_largest_company()
    {
        var room = new DeviceRoom(100, TimeProvider.System);
        room.Enter(Run(1, bytes: 10), 8);
        room.Enter(Run(2, bytes: 20), 8);
        Assert.Equal(4, room.RoomForStack(Run(2, bytes: 20)));
        room.Grow(Run(2, bytes: 20), 3, eachNeedsMemory: true);
        Assert.Equal(4, room.Count);
        Assert.False(room.Fits(Run(3, bytes: 31), 8));
        Assert.True(room.Fits(Run(3, bytes: 30), 2));
        Assert.False(room.Fits(Run(3, bytes: 30), 1));
        room.Leave(Run(2));
        Assert.Equal((4, 1), (room.CompanyOf(Run(1)), room.Count));
    }

    private static PlannedRun Run(long seed, long bytes = 0) => Some.Run(seed) with { Estimate = new RunEstimate(null, bytes, 0) };
}
