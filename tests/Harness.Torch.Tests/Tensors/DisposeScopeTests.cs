using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Tensors;

public sealed class DisposeScopeTests : TensorTest
{
    [Fact]
    public void The_end_of_a_scope_disposes_what_was_made_in_it()
    {
        long before = Tensor.TotalCount;
        Tensor a;
        using (DisposeScope scope = NewDisposeScope())
        {
            a = zeros(2, 3);
            Tensor b = a.add(a);
            Assert.Equal(2, scope.DisposablesCount);
            Assert.Equal(before + 2, Tensor.TotalCount);
            Assert.Same(scope, b.OwningDisposeScope);
        }

        Assert.Equal(before, Tensor.TotalCount);
        Assert.True(a.IsInvalid);
        Assert.Throws<ObjectDisposedException>(() => a.add(a));
    }

    [Fact]
    public void Tensors_move_outwards_and_out_of_all_scopes()
    {
        Tensor outer, free;
        using (DisposeScope first = NewDisposeScope())
        {
            using (DisposeScope second = NewDisposeScope())
            {
                Tensor[] many = [.. Enumerable.Range(0, 100).Select(i => full([1], (float)i))];
                many[0].Dispose();
                many[50].Dispose();
                outer = many[7].MoveToOuterDisposeScope();
                free = second.Detach(many[99]);
                Assert.Equal(96, second.DisposablesCount);
                Assert.Equal(1, first.DisposablesCount);
            }

            Assert.Equal(7, outer.item<float>());
        }

        Assert.True(outer.IsInvalid);
        Assert.Equal(99, free.item<float>());
        free.Dispose();
    }

    [Fact]
    public void Scopes_keep_what_they_are_told_to_keep()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = ones(1), b = ones(2), c = ones(3);
        scope.DisposeEverythingBut(b);
        Assert.True(a.IsInvalid && !b.IsInvalid && c.IsInvalid);
        Tensor result = WrappedTensorDisposeScope(() => b + ones(2) * 3);
        Assert.Equal(2, scope.DisposablesCount);
        Close([4, 4], result);
    }

    [Fact]
    public void Scopes_close_in_reverse_order()
    {
        DisposeScope first = NewDisposeScope();
        DisposeScope second = NewDisposeScope();
        Assert.Throws<InvalidOperationException>(first.Dispose);
        second.Dispose();
        first.Dispose();
    }

    [Fact]
    public void A_forgotten_tensor_is_freed_after_collection_by_the_thread_that_made_it()
    {
        long before = Tensor.TotalCount;
        Forget();
        Assert.Equal(before + 1, Tensor.TotalCount);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        zeros(1).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Tensors_of_a_thread_that_ended_are_freed_too()
    {
        long before = Tensor.TotalCount;
        Thread thread = new(Forget);
        thread.Start();
        thread.Join();
        for (int i = 0; i < 20 && Tensor.TotalCount != before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget() => zeros(10).DetachFromDisposeScope();
}
