// Shapes, slices, gathers and joins.
#include "shim.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#define HT_SIZE at::IntArrayRef(size, n)

HT_API Tensor* ht_view(const Tensor* t, const int64_t* size, int n) { return ht::tensor([&] { return t->view(HT_SIZE); }); }
HT_API Tensor* ht_reshape(const Tensor* t, const int64_t* size, int n) { return ht::tensor([&] { return t->reshape(HT_SIZE); }); }
HT_API Tensor* ht_expand(const Tensor* t, const int64_t* size, int n) { return ht::tensor([&] { return t->expand(HT_SIZE); }); }
HT_API Tensor* ht_permute(const Tensor* t, const int64_t* size, int n) { return ht::tensor([&] { return t->permute(HT_SIZE); }); }
HT_API Tensor* ht_repeat(const Tensor* t, const int64_t* size, int n) { return ht::tensor([&] { return t->repeat(HT_SIZE); }); }
HT_API Tensor* ht_transpose(const Tensor* t, int64_t a, int64_t b) { return ht::tensor([&] { return t->transpose(a, b); }); }
HT_API Tensor* ht_t(const Tensor* t) { return ht::tensor([&] { return t->t(); }); }
HT_API Tensor* ht_narrow(const Tensor* t, int64_t dim, int64_t start, int64_t length) { return ht::tensor([&] { return t->narrow(dim, start, length); }); }
HT_API Tensor* ht_slice(const Tensor* t, int64_t dim, int64_t start, int64_t finish, int64_t step) { return ht::tensor([&] { return t->slice(dim, start, finish, step); }); }
HT_API Tensor* ht_select(const Tensor* t, int64_t dim, int64_t index) { return ht::tensor([&] { return t->select(dim, index); }); }
HT_API Tensor* ht_unsqueeze(const Tensor* t, int64_t dim) { return ht::tensor([&] { return t->unsqueeze(dim); }); }
HT_API Tensor* ht_squeeze(const Tensor* t) { return ht::tensor([&] { return t->squeeze(); }); }
HT_API Tensor* ht_squeeze_dim(const Tensor* t, int64_t dim) { return ht::tensor([&] { return t->squeeze(dim); }); }
HT_API Tensor* ht_flatten(const Tensor* t, int64_t start, int64_t end) { return ht::tensor([&] { return t->flatten(start, end); }); }
HT_API Tensor* ht_as_strided(const Tensor* t, const int64_t* size, const int64_t* stride, int n, int64_t offset) {
    return ht::tensor([&] { return t->as_strided(HT_SIZE, at::IntArrayRef(stride, n), offset); });
}
// Number of parts, or -1. The parts are written to out, which has room for `capacity`.
static int parts(const std::vector<Tensor>& list, Tensor** out, int capacity) {
    TORCH_CHECK(static_cast<int>(list.size()) <= capacity, "the split has ", list.size(), " parts, but there is room for ", capacity);
    for (size_t i = 0; i < list.size(); i++) out[i] = new Tensor(list[i]);
    return static_cast<int>(list.size());
}
HT_API int ht_split(const Tensor* t, int64_t size, int64_t dim, Tensor** out, int capacity) {
    return ht::guarded([&]() -> int { return parts(t->split(size, dim), out, capacity); }, -1);
}
HT_API int ht_split_sizes(const Tensor* t, const int64_t* size, int n, int64_t dim, Tensor** out, int capacity) {
    return ht::guarded([&]() -> int { return parts(t->split_with_sizes(HT_SIZE, dim), out, capacity); }, -1);
}
HT_API int ht_chunk(const Tensor* t, int64_t chunks, int64_t dim, Tensor** out, int capacity) {
    return ht::guarded([&]() -> int { return parts(t->chunk(chunks, dim), out, capacity); }, -1);
}

static std::vector<Tensor> list(Tensor* const* tensors, int count) {
    std::vector<Tensor> result;
    result.reserve(count);
    for (int i = 0; i < count; i++) result.push_back(*tensors[i]);
    return result;
}
HT_API Tensor* ht_cat(Tensor* const* tensors, int count, int64_t dim) { return ht::tensor([&] { return at::cat(list(tensors, count), dim); }); }
HT_API Tensor* ht_stack(Tensor* const* tensors, int count, int64_t dim) { return ht::tensor([&] { return at::stack(list(tensors, count), dim); }); }

HT_API Tensor* ht_index_select(const Tensor* t, int64_t dim, const Tensor* index) { return ht::tensor([&] { return t->index_select(dim, *index); }); }
HT_API Tensor* ht_gather(const Tensor* t, int64_t dim, const Tensor* index) { return ht::tensor([&] { return t->gather(dim, *index); }); }
HT_API int ht_scatter_(Tensor* t, int64_t dim, const Tensor* index, const Tensor* source) { return ht::status([&] { t->scatter_(dim, *index, *source); }); }
HT_API int ht_index_add_(Tensor* t, int64_t dim, const Tensor* index, const Tensor* source, ht_scalar alpha) {
    return ht::status([&] { t->index_add_(dim, *index, *source, ht::scalar(alpha)); });
}
HT_API Tensor* ht_where(const Tensor* condition, const Tensor* a, const Tensor* b) { return ht::tensor([&] { return at::where(*condition, *a, *b); }); }
HT_API Tensor* ht_masked_fill(const Tensor* t, const Tensor* mask, ht_scalar value) { return ht::tensor([&] { return t->masked_fill(*mask, ht::scalar(value)); }); }
HT_API int ht_masked_fill_(Tensor* t, const Tensor* mask, ht_scalar value) { return ht::status([&] { t->masked_fill_(*mask, ht::scalar(value)); }); }
HT_API Tensor* ht_tril(const Tensor* t, int64_t diagonal) { return ht::tensor([&] { return t->tril(diagonal); }); }
HT_API Tensor* ht_triu(const Tensor* t, int64_t diagonal) { return ht::tensor([&] { return t->triu(diagonal); }); }
