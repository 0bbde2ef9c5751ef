#pragma once
#include_next <ATen/Context.h>
namespace at {
// What the context learned after 1.13.
struct Context2 : Context {
    void setSDPUseMemEfficient(bool);
    bool userEnabledMemEfficientSDP() const;
#if HT_PLAYED_MINOR >= 2
    void setDeterministicFillUninitializedMemory(bool);
#endif
#if HT_PLAYED_MINOR >= 3
    void setSDPUseCuDNN(bool);
    bool userEnabledCuDNNSDP() const;
#endif
};
Context2& globalContext2();
}
#define globalContext globalContext2
