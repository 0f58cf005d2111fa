__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sum_30x300_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  const int row = g1;
  const int i0 = min((int)(row*4), (int)26);
  float16 acc1 = (float16)(0.0f);
  float acc2 = 0.0f;
  float16 acc3 = (float16)(0.0f);
  float acc4 = 0.0f;
  float16 acc5 = (float16)(0.0f);
  float acc6 = 0.0f;
  float16 acc7 = (float16)(0.0f);
  float acc8 = 0.0f;
  for (int r0 = 0; r0 < 288; r0 += 16) {
    const float16 x9 = vload16(0, in0 + r0 + i0*300);
    acc1 = acc1 + x9;
    const float16 x10 = vload16(0, in0 + r0 + i0*300 + 300);
    acc3 = acc3 + x10;
    const float16 x11 = vload16(0, in0 + r0 + i0*300 + 600);
    acc5 = acc5 + x11;
    const float16 x12 = vload16(0, in0 + r0 + i0*300 + 900);
    acc7 = acc7 + x12;
  }
  #pragma clang loop vectorize(disable)
  for (int r0 = 288; r0 < 300; r0++) {
    const float x13 = in0[r0 + i0*300];
    acc2 = acc2 + x13;
    const float x14 = in0[r0 + i0*300 + 300];
    acc4 = acc4 + x14;
    const float x15 = in0[r0 + i0*300 + 600];
    acc6 = acc6 + x15;
    const float x16 = in0[r0 + i0*300 + 900];
    acc8 = acc8 + x16;
  }
  float h17;
  float8 h17_8; { const float8 l = acc1.lo, h = acc1.hi; h17_8 = l + h; }
  float4 h17_4; { const float4 l = h17_8.lo, h = h17_8.hi; h17_4 = l + h; }
  float2 h17_2; { const float2 l = h17_4.lo, h = h17_4.hi; h17_2 = l + h; }
  { const float l = h17_2.s0, h = h17_2.s1; h17 = l + h; }
  const float acc18 = h17 + acc2;
  const float sum_19 = acc18;
  float h20;
  float8 h20_8; { const float8 l = acc3.lo, h = acc3.hi; h20_8 = l + h; }
  float4 h20_4; { const float4 l = h20_8.lo, h = h20_8.hi; h20_4 = l + h; }
  float2 h20_2; { const float2 l = h20_4.lo, h = h20_4.hi; h20_2 = l + h; }
  { const float l = h20_2.s0, h = h20_2.s1; h20 = l + h; }
  const float acc21 = h20 + acc4;
  const float sum_22 = acc21;
  float h23;
  float8 h23_8; { const float8 l = acc5.lo, h = acc5.hi; h23_8 = l + h; }
  float4 h23_4; { const float4 l = h23_8.lo, h = h23_8.hi; h23_4 = l + h; }
  float2 h23_2; { const float2 l = h23_4.lo, h = h23_4.hi; h23_2 = l + h; }
  { const float l = h23_2.s0, h = h23_2.s1; h23 = l + h; }
  const float acc24 = h23 + acc6;
  const float sum_25 = acc24;
  float h26;
  float8 h26_8; { const float8 l = acc7.lo, h = acc7.hi; h26_8 = l + h; }
  float4 h26_4; { const float4 l = h26_8.lo, h = h26_8.hi; h26_4 = l + h; }
  float2 h26_2; { const float2 l = h26_4.lo, h = h26_4.hi; h26_2 = l + h; }
  { const float l = h26_2.s0, h = h26_2.s1; h26 = l + h; }
  const float acc27 = h26 + acc8;
  const float sum_28 = acc27;
  out0[i0] = sum_19;
  out0[i0 + 1] = sum_22;
  out0[i0 + 2] = sum_25;
  out0[i0 + 3] = sum_28;
}
