// Workgroup memory of the GEMM without shader-f16: 8.3 KB.
alias Weight4 = vec4<f32>;
const STEP = 16u; // columns per tile, half a scale group
