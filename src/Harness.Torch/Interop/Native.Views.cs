using System.Runtime.InteropServices;

namespace Harness.Torch.Interop;

/// <summary>native/views.cpp.</summary>
internal static unsafe partial class Native
{
    [DllImport(Lib)] internal static extern nint ht_view(nint t, long* size, int n);
    [DllImport(Lib)] internal static extern nint ht_reshape(nint t, long* size, int n);
    [DllImport(Lib)] internal static extern nint ht_expand(nint t, long* size, int n);
    [DllImport(Lib)] internal static extern nint ht_permute(nint t, long* size, int n);
    [DllImport(Lib)] internal static extern nint ht_repeat(nint t, long* size, int n);
    [DllImport(Lib)] internal static extern nint ht_transpose(nint t, long a, long b);
    [DllImport(Lib)] internal static extern nint ht_t(nint t);
    [DllImport(Lib)] internal static extern nint ht_narrow(nint t, long dim, long start, long length);
    [DllImport(Lib)] internal static extern nint ht_slice(nint t, long dim, long start, long finish, long step);
    [DllImport(Lib)] internal static extern nint ht_select(nint t, long dim, long index);
    [DllImport(Lib)] internal static extern nint ht_unsqueeze(nint t, long dim);
    [DllImport(Lib)] internal static extern nint ht_squeeze(nint t);
    [DllImport(Lib)] internal static extern nint ht_squeeze_dim(nint t, long dim);
    [DllImport(Lib)] internal static extern nint ht_flatten(nint t, long start, long end);
    [DllImport(Lib)] internal static extern nint ht_as_strided(nint t, long* size, long* stride, int n, long offset);
    [DllImport(Lib)] internal static extern int ht_split(nint t, long size, long dim, nint* @out, int capacity);
    [DllImport(Lib)] internal static extern int ht_split_sizes(nint t, long* size, int n, long dim, nint* @out, int capacity);
    [DllImport(Lib)] internal static extern int ht_chunk(nint t, long chunks, long dim, nint* @out, int capacity);
    [DllImport(Lib)] internal static extern nint ht_cat(nint* tensors, int count, long dim);
    [DllImport(Lib)] internal static extern nint ht_stack(nint* tensors, int count, long dim);
    [DllImport(Lib)] internal static extern nint ht_index_select(nint t, long dim, nint index);
    [DllImport(Lib)] internal static extern nint ht_gather(nint t, long dim, nint index);
    [DllImport(Lib)] internal static extern int ht_scatter_(nint t, long dim, nint index, nint source);
    [DllImport(Lib)] internal static extern int ht_index_add_(nint t, long dim, nint index, nint source, NativeScalar alpha);
    [DllImport(Lib)] internal static extern nint ht_where(nint condition, nint a, nint b);
    [DllImport(Lib)] internal static extern nint ht_masked_fill(nint t, nint mask, NativeScalar value);
    [DllImport(Lib)] internal static extern int ht_masked_fill_(nint t, nint mask, NativeScalar value);
    [DllImport(Lib)] internal static extern nint ht_tril(nint t, long diagonal);
    [DllImport(Lib)] internal static extern nint ht_triu(nint t, long diagonal);
}
