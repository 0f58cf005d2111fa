__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void max_8x1030_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  const int row = g1;
  const int i0 = row;
  int16 nan1 = (int16)(0);
  float16 acc2 = (float16)((-INFINITY));
  float16 acc3 = (float16)((-INFINITY));
  float16 acc4 = (float16)((-INFINITY));
  float16 acc5 = (float16)((-INFINITY));
  float acc6 = (-INFINITY);
  for (int r0 = 0; r0 < 1024; r0 += 64) {
    const float16 x7 = vload16(0, in0 + r0 + i0*1030);
    acc2 = (x7 > acc2 ? x7 : acc2);
    const int16 m8 = isnan(x7);
    nan1 = nan1 | m8;
    const float16 x9 = vload16(0, in0 + r0 + i0*1030 + 16);
    acc3 = (x9 > acc3 ? x9 : acc3);
    const int16 m10 = isnan(x9);
    nan1 = nan1 | m10;
    const float16 x11 = vload16(0, in0 + r0 + i0*1030 + 32);
    acc4 = (x11 > acc4 ? x11 : acc4);
    const int16 m12 = isnan(x11);
    nan1 = nan1 | m12;
    const float16 x13 = vload16(0, in0 + r0 + i0*1030 + 48);
    acc5 = (x13 > acc5 ? x13 : acc5);
    const int16 m14 = isnan(x13);
    nan1 = nan1 | m14;
  }
  #pragma clang loop vectorize(disable)
  for (int r0 = 1024; r0 < 1030; r0++) {
    const float x15 = in0[r0 + i0*1030];
    acc6 = (((acc6 > x15) || isnan(acc6)) ? acc6 : x15);
  }
  const float16 acc16 = (((acc2 > acc3) | isnan(acc2)) ? acc2 : acc3);
  const float16 acc17 = (((acc16 > acc4) | isnan(acc16)) ? acc16 : acc4);
  const float16 acc18 = (((acc17 > acc5) | isnan(acc17)) ? acc17 : acc5);
  float h19;
  float8 h19_8; { const float8 l = acc18.lo, h = acc18.hi; h19_8 = (((l > h) | isnan(l)) ? l : h); }
  float4 h19_4; { const float4 l = h19_8.lo, h = h19_8.hi; h19_4 = (((l > h) | isnan(l)) ? l : h); }
  float2 h19_2; { const float2 l = h19_4.lo, h = h19_4.hi; h19_2 = (((l > h) | isnan(l)) ? l : h); }
  { const float l = h19_2.s0, h = h19_2.s1; h19 = (((l > h) || isnan(l)) ? l : h); }
  int h20;
  int8 h20_8; { const int8 l = nan1.lo, h = nan1.hi; h20_8 = l | h; }
  int4 h20_4; { const int4 l = h20_8.lo, h = h20_8.hi; h20_4 = l | h; }
  int2 h20_2; { const int2 l = h20_4.lo, h = h20_4.hi; h20_2 = l | h; }
  { const int l = h20_2.s0, h = h20_2.s1; h20 = l | h; }
  const float c21 = NAN;
  const float acc22 = (h20 ? c21 : h19);
  const float acc23 = (((acc22 > acc6) || isnan(acc22)) ? acc22 : acc6);
  const float max_24 = acc23;
  out0[i0] = max_24;
}
