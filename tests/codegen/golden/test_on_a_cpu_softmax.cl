__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void max_exp_sum_64x100_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  #pragma clang loop vectorize(disable)
  for (int row = g1*20; row < min((int)(g1*20 + 20), (int)64); row++) {
    const int i0 = row;
    float16 acc1 = (float16)((-INFINITY));
    float16 acc2 = (float16)((-INFINITY));
    float16 acc3 = (float16)((-INFINITY));
    float16 acc4 = (float16)((-INFINITY));
    float acc5 = (-INFINITY);
    for (int r0 = 0; r0 < 64; r0 += 64) {
      const float16 x6 = vload16(0, in0 + r0 + i0*100);
      acc1 = (((acc1 > x6) | isnan(acc1)) ? acc1 : x6);
      const float16 x7 = vload16(0, in0 + r0 + i0*100 + 16);
      acc2 = (((acc2 > x7) | isnan(acc2)) ? acc2 : x7);
      const float16 x8 = vload16(0, in0 + r0 + i0*100 + 32);
      acc3 = (((acc3 > x8) | isnan(acc3)) ? acc3 : x8);
      const float16 x9 = vload16(0, in0 + r0 + i0*100 + 48);
      acc4 = (((acc4 > x9) | isnan(acc4)) ? acc4 : x9);
    }
    for (int r0 = 64; r0 < 96; r0 += 16) {
      const float16 x10 = vload16(0, in0 + r0 + i0*100);
      acc1 = (((acc1 > x10) | isnan(acc1)) ? acc1 : x10);
    }
    #pragma clang loop vectorize(disable)
    for (int r0 = 96; r0 < 100; r0++) {
      const float x11 = in0[r0 + i0*100];
      acc5 = (((acc5 > x11) || isnan(acc5)) ? acc5 : x11);
    }
    const float16 acc12 = (((acc1 > acc2) | isnan(acc1)) ? acc1 : acc2);
    const float16 acc13 = (((acc12 > acc3) | isnan(acc12)) ? acc12 : acc3);
    const float16 acc14 = (((acc13 > acc4) | isnan(acc13)) ? acc13 : acc4);
    float h15;
    float8 h15_8; { const float8 l = acc14.lo, h = acc14.hi; h15_8 = (((l > h) | isnan(l)) ? l : h); }
    float4 h15_4; { const float4 l = h15_8.lo, h = h15_8.hi; h15_4 = (((l > h) | isnan(l)) ? l : h); }
    float2 h15_2; { const float2 l = h15_4.lo, h = h15_4.hi; h15_2 = (((l > h) | isnan(l)) ? l : h); }
    { const float l = h15_2.s0, h = h15_2.s1; h15 = (((l > h) || isnan(l)) ? l : h); }
    const float acc16 = (((h15 > acc5) || isnan(h15)) ? h15 : acc5);
    const float max_17 = acc16;
    float16 acc18 = (float16)(0.0f);
    float16 acc19 = (float16)(0.0f);
    float16 acc20 = (float16)(0.0f);
    float16 acc21 = (float16)(0.0f);
    float acc22 = 0.0f;
    const float16 v24 = (float16)(max_17);
    for (int r0 = 0; r0 < 64; r0 += 64) {
      const float16 x23 = vload16(0, in0 + r0 + i0*100);
      const float16 sub_25 = x23 - v24;
      const float16 exp_26 = lg_exp_16(sub_25);
      acc18 = acc18 + exp_26;
      vstore16(exp_26, 0, out0 + r0 + i0*100);
      const float16 x27 = vload16(0, in0 + r0 + i0*100 + 16);
      const float16 sub_28 = x27 - v24;
      const float16 exp_29 = lg_exp_16(sub_28);
      acc19 = acc19 + exp_29;
      vstore16(exp_29, 0, out0 + r0 + i0*100 + 16);
      const float16 x30 = vload16(0, in0 + r0 + i0*100 + 32);
      const float16 sub_31 = x30 - v24;
      const float16 exp_32 = lg_exp_16(sub_31);
      acc20 = acc20 + exp_32;
      vstore16(exp_32, 0, out0 + r0 + i0*100 + 32);
      const float16 x33 = vload16(0, in0 + r0 + i0*100 + 48);
      const float16 sub_34 = x33 - v24;
      const float16 exp_35 = lg_exp_16(sub_34);
      acc21 = acc21 + exp_35;
      vstore16(exp_35, 0, out0 + r0 + i0*100 + 48);
    }
    for (int r0 = 64; r0 < 96; r0 += 16) {
      const float16 x36 = vload16(0, in0 + r0 + i0*100);
      const float16 sub_37 = x36 - v24;
      const float16 exp_38 = lg_exp_16(sub_37);
      acc18 = acc18 + exp_38;
      vstore16(exp_38, 0, out0 + r0 + i0*100);
    }
    #pragma clang loop vectorize(disable)
    for (int r0 = 96; r0 < 100; r0++) {
      const float x39 = in0[r0 + i0*100];
      const float sub_40 = x39 - max_17;
      const float exp_41 = lg_exp_1(sub_40);
      acc22 = acc22 + exp_41;
      out0[r0 + i0*100] = exp_41;
    }
    const float16 acc42 = acc18 + acc19;
    const float16 acc43 = acc42 + acc20;
    const float16 acc44 = acc43 + acc21;
    float h45;
    float8 h45_8; { const float8 l = acc44.lo, h = acc44.hi; h45_8 = l + h; }
    float4 h45_4; { const float4 l = h45_8.lo, h = h45_8.hi; h45_4 = l + h; }
    float2 h45_2; { const float2 l = h45_4.lo, h = h45_4.hi; h45_2 = l + h; }
    { const float l = h45_2.s0, h = h45_2.s1; h45 = l + h; }
    const float acc46 = h45 + acc22;
    const float sum_47 = acc46;
    const float16 v49 = (float16)(sum_47);
    for (int r0 = 0; r0 < 96; r0 += 16) {
      const float16 kept48 = vload16(0, out0 + r0 + i0*100);
      const float16 div_50 = kept48 / v49;
      vstore16(div_50, 0, out0 + r0 + i0*100);
    }
    for (int r0 = 96; r0 < 100; r0++) {
      const float kept51 = out0[r0 + i0*100];
      const float div_52 = kept51 / sum_47;
      out0[r0 + i0*100] = div_52;
    }
  }
}
