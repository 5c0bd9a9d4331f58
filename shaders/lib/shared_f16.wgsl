// Workgroup memory of the GEMM with shader-f16: 12.3 KB. Codes and halves are exact in f16.
enable f16;
alias Weight4 = vec4<f16>;
const STEP = 32u; // columns per tile, one scale group
