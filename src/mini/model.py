"""The LLaMA-shaped decoder of Aerie Mini, in the layout of HF's AquilaForCausalLM.

Used by train.py and evaluate.py. Parameter names equal the names in the exported safetensors file,
so a state dict is the checkpoint. `fake_quantize` is the q4f16_1 rule of the project's converter:
it rounds weights in training (straight-through) and gives the dequantised weights for evaluation.
"""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

GROUP_SIZE = 32  # consecutive inputs of an output row that share one scale
MAX_CODE = 7  # codes run from -7 to 7


@dataclass
class ModelConfig:
    """Sizes of the model; every input width is a multiple of GROUP_SIZE."""

    vocab_size: int
    hidden_size: int = 256
    intermediate_size: int = 704
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    context_tokens: int = 1024
    norm_eps: float = 1e-5
    rope_theta: float = 10000.0


def fake_quantize(weight: torch.Tensor) -> torch.Tensor:
    """Rounds a weight [outputs, inputs] f32 to what q4f16_1 can hold; same shape, f32.

    Per group of 32 inputs: scale = f16(max|w| / 7), code = clamp(roundHalfEven(f16(w / scale) + 7), 0, 14) - 7.
    """
    groups = weight.detach().half().float().view(weight.shape[0], -1, GROUP_SIZE)
    scale = (groups.abs().amax(dim=-1, keepdim=True) / MAX_CODE).half().float()
    safe_scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    codes = ((groups / safe_scale).half().float() + MAX_CODE).round().sub(MAX_CODE).clamp(-MAX_CODE, MAX_CODE)
    return (codes * scale).view_as(weight)


def straight_through(weight: torch.Tensor) -> torch.Tensor:
    """The rounded weight in the forward pass, the identity in the backward pass."""
    return weight + (fake_quantize(weight) - weight.detach())


class QuantizableLinear(nn.Linear):
    """A linear layer without bias that can round its weight to q4f16_1 on the way."""

    simulate_q4 = False

    def __init__(self, inputs: int, outputs: int):
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x):
        return F.linear(x, straight_through(self.weight) if QuantizableLinear.simulate_q4 else self.weight)


class RmsNorm(nn.Module):
    """x / rms(x) * weight over the last axis."""

    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rope_tables(config: ModelConfig):
    """cos and sin for half-split RoPE, each [contextTokens, headDim / 2]."""
    inverse = config.rope_theta ** (-torch.arange(0, config.head_dim, 2).float() / config.head_dim)
    angles = torch.outer(torch.arange(config.context_tokens).float(), inverse)
    return angles.cos(), angles.sin()


def apply_rope(x, cos, sin):
    """Rotates the pairs (i, i + headDim/2) of x [batch, heads, tokens, headDim]."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class Attention(nn.Module):
    """Causal grouped-query attention."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.q_proj = QuantizableLinear(config.hidden_size, config.heads * config.head_dim)
        self.k_proj = QuantizableLinear(config.hidden_size, config.kv_heads * config.head_dim)
        self.v_proj = QuantizableLinear(config.hidden_size, config.kv_heads * config.head_dim)
        self.o_proj = QuantizableLinear(config.heads * config.head_dim, config.hidden_size)

    def forward(self, x, cos, sin, mask, cache=None):
        """x [batch, tokens, hidden]; cache is None or [k, v], each [batch, heads, past, headDim], extended here."""
        batch, tokens, _ = x.shape
        c = self.config
        q = self.q_proj(x).view(batch, tokens, c.heads, c.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, tokens, c.kv_heads, c.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, tokens, c.kv_heads, c.head_dim).transpose(1, 2)
        q, k = apply_rope(q, cos, sin), apply_rope(k, cos, sin)
        repeats = c.heads // c.kv_heads
        k, v = k.repeat_interleave(repeats, dim=1), v.repeat_interleave(repeats, dim=1)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
            cache[:] = [k, v]
        scores = q @ k.transpose(-1, -2) * c.head_dim**-0.5
        if mask is not None:
            scores = scores + mask
        mixed = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(batch, tokens, -1)
        return self.o_proj(mixed)


class Mlp(nn.Module):
    """SwiGLU."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.gate_proj = QuantizableLinear(config.hidden_size, config.intermediate_size)
        self.up_proj = QuantizableLinear(config.hidden_size, config.intermediate_size)
        self.down_proj = QuantizableLinear(config.intermediate_size, config.hidden_size)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """One pre-norm decoder layer."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.input_layernorm = RmsNorm(config.hidden_size, config.norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = RmsNorm(config.hidden_size, config.norm_eps)
        self.mlp = Mlp(config)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x, cos, sin, mask, cache=None):
        x = x + self.dropout(self.self_attn(self.input_layernorm(x), cos, sin, mask, cache))
        return x + self.dropout(self.mlp(self.post_attention_layernorm(x)))


class Decoder(nn.Module):
    """Embedding, layers and final norm: ids [batch, tokens] -> states [batch, tokens, hidden]."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = RmsNorm(config.hidden_size, config.norm_eps)

    def forward(self, ids, cos, sin, past=0, caches=None):
        table = self.embed_tokens.weight
        x = F.embedding(ids, straight_through(table) if QuantizableLinear.simulate_q4 else table)
        tokens = ids.shape[1]
        mask = torch.full((tokens, tokens), float("-inf")).triu(1) if tokens > 1 else None
        for index, layer in enumerate(self.layers):
            cache = None if caches is None else caches[index]
            x = layer(x, cos[past : past + tokens], sin[past : past + tokens], mask, cache)
        return self.norm(x)


class MiniModel(nn.Module):
    """The whole model; `state_dict()` has exactly the HF names."""

    def __init__(self, config: ModelConfig, dropout: float = 0.0):
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        self.lm_head = QuantizableLinear(config.hidden_size, config.vocab_size)
        self.cos, self.sin = rope_tables(config)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                deep = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(parameter, std=0.04 / (2 * config.layers) ** 0.5 if deep else 0.04)
        for layer in self.model.layers:
            layer.dropout.p = dropout

    def states(self, ids, past=0, caches=None):
        """ids [batch, tokens] -> final states [batch, tokens, hidden] f32."""
        return self.model(ids, self.cos, self.sin, past, caches)


def dequantized_copy(model: MiniModel) -> MiniModel:
    """A copy whose matrices hold the q4f16_1 values and whose norms hold f16 values."""
    copy = MiniModel(model.config)
    copy.load_state_dict(
        {name: fake_quantize(w) if w.dim() == 2 else w.half().float() for name, w in model.state_dict().items()}
    )
    return copy.eval()
