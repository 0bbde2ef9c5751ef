// Element-wise arithmetic, reductions, comparisons and matrix products.
#include "shim.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>

#define HT_UNARY(op) \
    HT_API Tensor* ht_##op(const Tensor* t) { return ht::tensor([&] { return t->op(); }); }
#define HT_UNARY_BOTH(op) HT_UNARY(op) \
    HT_API int ht_##op##_(Tensor* t) { return ht::status([&] { t->op##_(); }); }
#define HT_BINARY(op) \
    HT_API Tensor* ht_##op(const Tensor* t, const Tensor* o) { return ht::tensor([&] { return t->op(*o); }); }
#define HT_BINARY_BOTH(op) HT_BINARY(op) \
    HT_API int ht_##op##_(Tensor* t, const Tensor* o) { return ht::status([&] { t->op##_(*o); }); }
#define HT_SCALAR(op) \
    HT_API Tensor* ht_##op##_scalar(const Tensor* t, ht_scalar s) { return ht::tensor([&] { return t->op(ht::scalar(s)); }); }
#define HT_SCALAR_BOTH(op) HT_SCALAR(op) \
    HT_API int ht_##op##_scalar_(Tensor* t, ht_scalar s) { return ht::status([&] { t->op##_(ht::scalar(s)); }); }

HT_UNARY_BOTH(sqrt) HT_UNARY_BOTH(rsqrt) HT_UNARY_BOTH(exp) HT_UNARY_BOTH(log) HT_UNARY_BOTH(tanh) HT_UNARY_BOTH(neg)
HT_UNARY_BOTH(sigmoid) HT_UNARY_BOTH(abs) HT_UNARY_BOTH(relu) HT_UNARY_BOTH(square) HT_UNARY_BOTH(reciprocal)
HT_UNARY_BOTH(sin) HT_UNARY_BOTH(cos) HT_UNARY_BOTH(erf) HT_UNARY_BOTH(floor) HT_UNARY_BOTH(log1p)
HT_UNARY(isfinite) HT_UNARY(isnan) HT_UNARY(all) HT_UNARY(any) HT_UNARY(logical_not)
HT_UNARY(max) HT_UNARY(min)

HT_BINARY_BOTH(mul) HT_BINARY_BOTH(div) HT_SCALAR_BOTH(mul) HT_SCALAR_BOTH(div)
HT_BINARY(maximum) HT_BINARY(minimum) HT_BINARY(logical_and) HT_BINARY(logical_or)
HT_BINARY(eq) HT_BINARY(ne) HT_BINARY(lt) HT_BINARY(le) HT_BINARY(gt) HT_BINARY(ge)
HT_SCALAR(eq) HT_SCALAR(ne) HT_SCALAR(lt) HT_SCALAR(le) HT_SCALAR(gt) HT_SCALAR(ge)
HT_BINARY_BOTH(pow) HT_SCALAR_BOTH(pow)
HT_BINARY(matmul) HT_BINARY(mm) HT_BINARY(bmm)
HT_SCALAR(clamp_max) HT_SCALAR(clamp_min)

HT_API Tensor* ht_add(const Tensor* t, const Tensor* o, ht_scalar alpha) { return ht::tensor([&] { return t->add(*o, ht::scalar(alpha)); }); }
HT_API int ht_add_(Tensor* t, const Tensor* o, ht_scalar alpha) { return ht::status([&] { t->add_(*o, ht::scalar(alpha)); }); }
HT_API Tensor* ht_sub(const Tensor* t, const Tensor* o, ht_scalar alpha) { return ht::tensor([&] { return t->sub(*o, ht::scalar(alpha)); }); }
HT_API int ht_sub_(Tensor* t, const Tensor* o, ht_scalar alpha) { return ht::status([&] { t->sub_(*o, ht::scalar(alpha)); }); }
HT_API Tensor* ht_add_scalar(const Tensor* t, ht_scalar s, ht_scalar alpha) { return ht::tensor([&] { return t->add(ht::scalar(s), ht::scalar(alpha)); }); }
HT_API int ht_add_scalar_(Tensor* t, ht_scalar s, ht_scalar alpha) { return ht::status([&] { t->add_(ht::scalar(s), ht::scalar(alpha)); }); }
HT_API Tensor* ht_sub_scalar(const Tensor* t, ht_scalar s) { return ht::tensor([&] { return t->sub(ht::scalar(s)); }); }
HT_API int ht_sub_scalar_(Tensor* t, ht_scalar s) { return ht::status([&] { t->sub_(ht::scalar(s)); }); }
HT_API Tensor* ht_addcmul(const Tensor* t, const Tensor* a, const Tensor* b, ht_scalar v) { return ht::tensor([&] { return t->addcmul(*a, *b, ht::scalar(v)); }); }
HT_API int ht_addcmul_(Tensor* t, const Tensor* a, const Tensor* b, ht_scalar v) { return ht::status([&] { t->addcmul_(*a, *b, ht::scalar(v)); }); }
HT_API Tensor* ht_addcdiv(const Tensor* t, const Tensor* a, const Tensor* b, ht_scalar v) { return ht::tensor([&] { return t->addcdiv(*a, *b, ht::scalar(v)); }); }
HT_API int ht_addcdiv_(Tensor* t, const Tensor* a, const Tensor* b, ht_scalar v) { return ht::status([&] { t->addcdiv_(*a, *b, ht::scalar(v)); }); }
HT_API int ht_lerp_(Tensor* t, const Tensor* end, const Tensor* weight) { return ht::status([&] { t->lerp_(*end, *weight); }); }
HT_API int ht_zero_(Tensor* t) { return ht::status([&] { t->zero_(); }); }
HT_API int ht_fill_(Tensor* t, ht_scalar s) { return ht::status([&] { t->fill_(ht::scalar(s)); }); }
// which: 1 lower bound, 2 upper bound, 3 both
static ht::optional<at::Scalar> bound(ht_scalar s, int present) {
    return present ? ht::optional<at::Scalar>(ht::scalar(s)) : ht::optional<at::Scalar>();
}
HT_API Tensor* ht_clamp(const Tensor* t, ht_scalar low, ht_scalar high, int which) { return ht::tensor([&] { return t->clamp(bound(low, which & 1), bound(high, which & 2)); }); }
HT_API int ht_clamp_(Tensor* t, ht_scalar low, ht_scalar high, int which) { return ht::status([&] { t->clamp_(bound(low, which & 1), bound(high, which & 2)); }); }

// Reductions. dims of length 0 with n < 0 means every dimension; dtype < 0 the default.
static ht::optional<at::ScalarType> type(int dtype) {
    return dtype >= 0 ? ht::optional<at::ScalarType>(static_cast<at::ScalarType>(dtype)) : ht::optional<at::ScalarType>();
}
HT_API Tensor* ht_sum(const Tensor* t, int dtype) { return ht::tensor([&] { return t->sum(type(dtype)); }); }
HT_API Tensor* ht_sum_dims(const Tensor* t, const int64_t* dims, int n, int keepdim, int dtype) {
    return ht::tensor([&] { return t->sum(at::IntArrayRef(dims, n), keepdim != 0, type(dtype)); });
}
HT_API Tensor* ht_mean(const Tensor* t, int dtype) { return ht::tensor([&] { return t->mean(type(dtype)); }); }
HT_API Tensor* ht_mean_dims(const Tensor* t, const int64_t* dims, int n, int keepdim, int dtype) {
    return ht::tensor([&] { return t->mean(at::IntArrayRef(dims, n), keepdim != 0, type(dtype)); });
}
HT_API Tensor* ht_norm(const Tensor* t, double p) { return ht::tensor([&] { return t->norm(at::Scalar(p)); }); }
HT_API Tensor* ht_norm_dim(const Tensor* t, int64_t dim, int keepdim, double p) {
    return ht::tensor([&] { return t->norm(ht::optional<at::Scalar>(at::Scalar(p)), at::IntArrayRef(&dim, 1), keepdim != 0); });
}
HT_API Tensor* ht_amax(const Tensor* t, const int64_t* dims, int n, int keepdim) { return ht::tensor([&] { return t->amax(at::IntArrayRef(dims, n), keepdim != 0); }); }
HT_API Tensor* ht_argmax(const Tensor* t) { return ht::tensor([&] { return t->argmax(); }); }
HT_API Tensor* ht_argmax_dim(const Tensor* t, int64_t dim, int keepdim) { return ht::tensor([&] { return t->argmax(dim, keepdim != 0); }); }
HT_API Tensor* ht_logsumexp(const Tensor* t, int64_t dim, int keepdim) { return ht::tensor([&] { return t->logsumexp(at::IntArrayRef(&dim, 1), keepdim != 0); }); }
HT_API Tensor* ht_cumsum(const Tensor* t, int64_t dim, int dtype) { return ht::tensor([&] { return t->cumsum(dim, type(dtype)); }); }
HT_API int ht_topk(const Tensor* t, int64_t k, int64_t dim, int largest, int sorted, Tensor** out) {
    return ht::status([&] {
        auto r = t->topk(k, dim, largest != 0, sorted != 0);
        out[0] = new Tensor(std::get<0>(r));
        out[1] = new Tensor(std::get<1>(r));
    });
}

HT_API Tensor* ht_addmm(const Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) { return ht::tensor([&] { return t->addmm(*a, *b, beta, alpha); }); }
HT_API int ht_addmm_(Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) { return ht::status([&] { t->addmm_(*a, *b, beta, alpha); }); }
HT_API Tensor* ht_baddbmm(const Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) { return ht::tensor([&] { return t->baddbmm(*a, *b, beta, alpha); }); }
HT_API int ht_baddbmm_(Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) { return ht::status([&] { t->baddbmm_(*a, *b, beta, alpha); }); }
HT_API int ht_mm_out(Tensor* out, const Tensor* a, const Tensor* b) { return ht::status([&] { at::mm_out(*out, *a, *b); }); }
HT_API int ht_bmm_out(Tensor* out, const Tensor* a, const Tensor* b) { return ht::status([&] { at::bmm_out(*out, *a, *b); }); }
HT_API int ht_addmm_out(Tensor* out, const Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) {
    return ht::status([&] { at::addmm_out(*out, *t, *a, *b, beta, alpha); });
}
HT_API int ht_baddbmm_out(Tensor* out, const Tensor* t, const Tensor* a, const Tensor* b, double beta, double alpha) {
    return ht::status([&] { at::baddbmm_out(*out, *t, *a, *b, beta, alpha); });
}
HT_API Tensor* ht_einsum(const char* equation, Tensor* const* tensors, int count) {
    return ht::tensor([&] {
        std::vector<Tensor> list;
        for (int i = 0; i < count; i++) list.push_back(*tensors[i]);
        return at::einsum(equation, list);
    });
}
