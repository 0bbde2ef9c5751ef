"""The same GPT-2-style model as the harness's, in Python on libtorch, written for speed: the one model of both comparisons, with its step in eager mode on a CPU (../gpu/arms.py has those for a GPU).

Parameters carry the harness's names and shapes, so that weights can be exchanged. Letters: B rows, T context, D width, H heads, E units a head.
"""
import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

EPSILON = 1e-5  # of the norms, PyTorch's default


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    batch: int
    context: int
    vocabulary: int = 256


ATTENTIONS = ("masked", "baddbmm", "sdpa")  # three ways to write the same thing on a CPU; steps.py tries them and the fastest is compared
# A fourth, "fused", is scaled_dot_product_attention, which PyTorch has since 2.0: what a GPU takes.


def names_and_shapes(s):
    """(name, shape) of every parameter: matrices first, as y = x W^T."""
    d, f = s.width, 4 * s.width
    yield "token_embedding.weight", (s.vocabulary, d)
    yield "position_embedding.weight", (s.context, d)
    for i in range(s.layers):
        block = f"blocks.{i}"
        for part, rows, columns in (("attention.qkv", 3 * d, d), ("attention.output", d, d), ("feed_forward.hidden", f, d), ("feed_forward.output", d, f)):
            yield f"{block}.{part}.weight", (rows, columns)
            yield f"{block}.{part}.bias", (rows,)
        for norm in ("attention_norm", "feed_forward_norm"):
            yield f"{block}.{norm}.gain", (d,)
            yield f"{block}.{norm}.bias", (d,)
    yield "final_norm.gain", (d,)
    yield "final_norm.bias", (d,)


def initial(s, seed):
    """Initial weights of the harness's distribution (not its bits)."""
    generator = torch.Generator().manual_seed(seed)
    std = 0.02 * math.sqrt(768 / s.width)
    weights = {}
    for name, shape in names_and_shapes(s):
        if name.endswith("gain"):
            weights[name] = torch.ones(shape)
        elif name.endswith("bias"):
            weights[name] = torch.zeros(shape)
        else:
            residual = name.endswith("output.weight")
            weights[name] = torch.randn(shape, generator=generator) * (std / math.sqrt(2 * s.layers) if residual else std)
    return weights


class Gpt:
    """Forward pass and loss; the head is tied to the token embedding."""

    def __init__(self, shape, weights, attention, device="cpu"):
        self.shape, self.attention = shape, attention
        self.weights = {name: weights[name].to(device).clone().requires_grad_() for name, _ in names_and_shapes(shape)}
        self.scale = 1 / math.sqrt(shape.width // shape.heads)
        if attention != "fused":
            t = shape.context
            self.future = torch.ones(t, t, device=device).triu(1).bool()
            self.bias = torch.zeros(t, t, device=device).masked_fill(self.future, -math.inf).expand(shape.batch * shape.heads, t, t)
        blocks = [[self.weights[f"blocks.{i}.{part}"] for part in (
            "attention_norm.gain", "attention_norm.bias", "attention.qkv.weight", "attention.qkv.bias", "attention.output.weight", "attention.output.bias",
            "feed_forward_norm.gain", "feed_forward_norm.bias", "feed_forward.hidden.weight", "feed_forward.hidden.bias", "feed_forward.output.weight",
            "feed_forward.output.bias")] for i in range(shape.layers)]
        self.blocks = blocks

    def loss(self, inputs, targets):
        s, w = self.shape, self.weights
        b, t = inputs.shape
        x = F.embedding(inputs, w["token_embedding.weight"]) + w["position_embedding.weight"][:t]
        for gain1, bias1, qkv, qkv_bias, out, out_bias, gain2, bias2, up, up_bias, down, down_bias in self.blocks:
            y = F.linear(F.layer_norm(x, (s.width,), gain1, bias1, EPSILON), qkv, qkv_bias)
            x = x + F.linear(self._attention(y, b, t), out, out_bias)
            y = F.gelu(F.linear(F.layer_norm(x, (s.width,), gain2, bias2, EPSILON), up, up_bias))
            x = x + F.linear(y, down, down_bias)
        x = F.layer_norm(x, (s.width,), w["final_norm.gain"], w["final_norm.bias"], EPSILON)
        logits = F.linear(x, w["token_embedding.weight"])
        return F.cross_entropy(logits.view(b * t, -1), targets.view(-1))

    def _attention(self, qkv, b, t):
        heads = self.shape.heads
        q, k, v = qkv.view(b, t, 3, heads, -1).permute(2, 0, 3, 1, 4)
        if self.attention == "fused":
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        elif self.attention == "sdpa":
            y = F._scaled_dot_product_attention(q, k, v, None, 0.0, False, True)[0]
        elif self.attention == "baddbmm":
            e = q.shape[-1]
            scores = torch.baddbmm(self.bias[: b * heads, :t, :t], q.reshape(b * heads, t, e), k.reshape(b * heads, t, e).transpose(1, 2), alpha=self.scale)
            y = torch.bmm(scores.softmax(-1), v.reshape(b * heads, t, e)).view(b, heads, t, e)
        else:
            scores = (q * self.scale) @ k.transpose(2, 3)
            y = scores.masked_fill(self.future[:t, :t], -math.inf).softmax(-1) @ v
        return y.transpose(1, 2).reshape(b, t, -1)


class Trainer:
    """Forward, backward, clipping of the global norm to 1, AdamW: the harness's step."""

    def __init__(self, shape, weights, attention="masked", rate=1e-4):
        self.model = Gpt(shape, weights, attention)
        self.parameters = list(self.model.weights.values())
        matrices = [p for p in self.parameters if p.dim() == 2]
        vectors = [p for p in self.parameters if p.dim() < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}], lr=rate, betas=(0.9, 0.95), eps=1e-8, foreach=True)

    def gradients(self, inputs, targets):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.model.loss(inputs, targets)
        loss.backward()
        return loss

    def clip(self, limit=1.0):
        gradients = [p.grad for p in self.parameters]
        norm = torch.stack(torch._foreach_norm(gradients)).norm().item()
        if norm > limit:
            torch._foreach_mul_(gradients, limit / norm)
        return norm

    def step(self, inputs, targets):
        loss = self.gradients(inputs, targets)
        self.clip()
        self.optimizer.step()
        return loss.item()
