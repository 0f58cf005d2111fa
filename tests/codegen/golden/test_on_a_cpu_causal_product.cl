__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void max_exp_sum_2x40x40_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  const float c8 = (-INFINITY);
  const float8 v9 = (float8)(c8);
  for (int row = g1*51; row < min((int)(g1*51 + 51), (int)80); row++) {
    const int i0 = (row / 40);
    const int i1 = (row % 40);
    float8 acc1 = (float8)((-INFINITY));
    float8 acc2 = (float8)((-INFINITY));
    const long at4 = (long)(i1);
    const long8 v5 = (long8)(at4);
    for (int r0 = 0; r0 < 32; r0 += 16) {
      const long8 at3 = convert_long8((int8)(r0) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_6 = convert_int8(at3 <= v5);
      const float8 x7 = vload8(0, in0 + r0 + i1*40 + i0*1600);
      const float8 where_10 = (le_6 ? x7 : v9);
      acc1 = (((acc1 > where_10) | isnan(acc1)) ? acc1 : where_10);
      const long8 at11 = convert_long8((int8)(r0 + 8) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_12 = convert_int8(at11 <= v5);
      const float8 x13 = vload8(0, in0 + r0 + i1*40 + i0*1600 + 8);
      const float8 where_14 = (le_12 ? x13 : v9);
      acc2 = (((acc2 > where_14) | isnan(acc2)) ? acc2 : where_14);
    }
    for (int r0 = 32; r0 < 40; r0 += 8) {
      const long8 at15 = convert_long8((int8)(r0) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_16 = convert_int8(at15 <= v5);
      const float8 x17 = vload8(0, in0 + r0 + i1*40 + i0*1600);
      const float8 where_18 = (le_16 ? x17 : v9);
      acc1 = (((acc1 > where_18) | isnan(acc1)) ? acc1 : where_18);
    }
    const float8 acc19 = (((acc1 > acc2) | isnan(acc1)) ? acc1 : acc2);
    float h20;
    float4 h20_4; { const float4 l = acc19.lo, h = acc19.hi; h20_4 = (((l > h) | isnan(l)) ? l : h); }
    float2 h20_2; { const float2 l = h20_4.lo, h = h20_4.hi; h20_2 = (((l > h) | isnan(l)) ? l : h); }
    { const float l = h20_2.s0, h = h20_2.s1; h20 = (((l > h) || isnan(l)) ? l : h); }
    const float max_21 = h20;
    float8 acc22 = (float8)(0.0f);
    float8 acc23 = (float8)(0.0f);
    const float8 v28 = (float8)(max_21);
    for (int r0 = 0; r0 < 32; r0 += 16) {
      const long8 at24 = convert_long8((int8)(r0) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_25 = convert_int8(at24 <= v5);
      const float8 x26 = vload8(0, in0 + r0 + i1*40 + i0*1600);
      const float8 where_27 = (le_25 ? x26 : v9);
      const float8 sub_29 = where_27 - v28;
      const float8 exp_30 = lg_exp_8(sub_29);
      acc22 = acc22 + exp_30;
      vstore8(exp_30, 0, out0 + r0 + i1*40 + i0*1600);
      const long8 at31 = convert_long8((int8)(r0 + 8) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_32 = convert_int8(at31 <= v5);
      const float8 x33 = vload8(0, in0 + r0 + i1*40 + i0*1600 + 8);
      const float8 where_34 = (le_32 ? x33 : v9);
      const float8 sub_35 = where_34 - v28;
      const float8 exp_36 = lg_exp_8(sub_35);
      acc23 = acc23 + exp_36;
      vstore8(exp_36, 0, out0 + r0 + i1*40 + i0*1600 + 8);
    }
    for (int r0 = 32; r0 < 40; r0 += 8) {
      const long8 at37 = convert_long8((int8)(r0) + (int8)(0, 1, 2, 3, 4, 5, 6, 7));
      const int8 le_38 = convert_int8(at37 <= v5);
      const float8 x39 = vload8(0, in0 + r0 + i1*40 + i0*1600);
      const float8 where_40 = (le_38 ? x39 : v9);
      const float8 sub_41 = where_40 - v28;
      const float8 exp_42 = lg_exp_8(sub_41);
      acc22 = acc22 + exp_42;
      vstore8(exp_42, 0, out0 + r0 + i1*40 + i0*1600);
    }
    const float8 acc43 = acc22 + acc23;
    float h44;
    float4 h44_4; { const float4 l = acc43.lo, h = acc43.hi; h44_4 = l + h; }
    float2 h44_2; { const float2 l = h44_4.lo, h = h44_4.hi; h44_2 = l + h; }
    { const float l = h44_2.s0, h = h44_2.s1; h44 = l + h; }
    const float sum_45 = h44;
    const float8 v47 = (float8)(sum_45);
    for (int r0 = 0; r0 < 40; r0 += 8) {
      const float8 kept46 = vload8(0, out0 + r0 + i1*40 + i0*1600);
      const float8 div_48 = kept46 / v47;
      vstore8(div_48, 0, out0 + r0 + i1*40 + i0*1600);
    }
  }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void contract_2x40x64_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1) {
  __local float panel[2560] __attribute__((aligned(64)));
  const int z = get_global_id(2);
  const int j = 0;
  for (int s = 0; s < 40; s++) {
    {
      const int k = s;
      const float16 x1 = vload16(0, in1 + j + k*64 + z*2560);
      vstore16(x1, 0, panel + s*64);
      const float16 x2 = vload16(0, in1 + j + k*64 + z*2560 + 16);
      vstore16(x2, 0, panel + s*64 + 16);
      const float16 x3 = vload16(0, in1 + j + k*64 + z*2560 + 32);
      vstore16(x3, 0, panel + s*64 + 32);
      const float16 x4 = vload16(0, in1 + j + k*64 + z*2560 + 48);
      vstore16(x4, 0, panel + s*64 + 48);
    }
  }
  for (int t = 0; t < 8; t++) {
    const int i0 = t*5;
    float16 c0_0 = (float16)(0.0f);
    float16 c0_1 = (float16)(0.0f);
    float16 c0_2 = (float16)(0.0f);
    float16 c0_3 = (float16)(0.0f);
    float16 c1_0 = (float16)(0.0f);
    float16 c1_1 = (float16)(0.0f);
    float16 c1_2 = (float16)(0.0f);
    float16 c1_3 = (float16)(0.0f);
    float16 c2_0 = (float16)(0.0f);
    float16 c2_1 = (float16)(0.0f);
    float16 c2_2 = (float16)(0.0f);
    float16 c2_3 = (float16)(0.0f);
    float16 c3_0 = (float16)(0.0f);
    float16 c3_1 = (float16)(0.0f);
    float16 c3_2 = (float16)(0.0f);
    float16 c3_3 = (float16)(0.0f);
    float16 c4_0 = (float16)(0.0f);
    float16 c4_1 = (float16)(0.0f);
    float16 c4_2 = (float16)(0.0f);
    float16 c4_3 = (float16)(0.0f);
    __global const float* row_0 = in0 + i0*40 + z*1600;
    __global const float* row_1 = in0 + i0*40 + z*1600 + 40;
    __global const float* row_2 = in0 + i0*40 + z*1600 + 80;
    __global const float* row_3 = in0 + i0*40 + z*1600 + 120;
    __global const float* row_4 = in0 + i0*40 + z*1600 + 160;
    for (int kk = 0; kk < i0 + 5; kk++) {
      const float16 b_0 = vload16(0, panel + kk*64);
      const float16 b_1 = vload16(0, panel + kk*64 + 16);
      const float16 b_2 = vload16(0, panel + kk*64 + 32);
      const float16 b_3 = vload16(0, panel + kk*64 + 48);
      const float16 a_0 = (float16)(row_0[kk]);
      c0_0 = fma(a_0, b_0, c0_0);
      c0_1 = fma(a_0, b_1, c0_1);
      c0_2 = fma(a_0, b_2, c0_2);
      c0_3 = fma(a_0, b_3, c0_3);
      const float16 a_1 = (float16)(row_1[kk]);
      c1_0 = fma(a_1, b_0, c1_0);
      c1_1 = fma(a_1, b_1, c1_1);
      c1_2 = fma(a_1, b_2, c1_2);
      c1_3 = fma(a_1, b_3, c1_3);
      const float16 a_2 = (float16)(row_2[kk]);
      c2_0 = fma(a_2, b_0, c2_0);
      c2_1 = fma(a_2, b_1, c2_1);
      c2_2 = fma(a_2, b_2, c2_2);
      c2_3 = fma(a_2, b_3, c2_3);
      const float16 a_3 = (float16)(row_3[kk]);
      c3_0 = fma(a_3, b_0, c3_0);
      c3_1 = fma(a_3, b_1, c3_1);
      c3_2 = fma(a_3, b_2, c3_2);
      c3_3 = fma(a_3, b_3, c3_3);
      const float16 a_4 = (float16)(row_4[kk]);
      c4_0 = fma(a_4, b_0, c4_0);
      c4_1 = fma(a_4, b_1, c4_1);
      c4_2 = fma(a_4, b_2, c4_2);
      c4_3 = fma(a_4, b_3, c4_3);
    }
    {
      const int i = i0;
      vstore16(c0_0, 0, out0 + j + i*64 + z*2560);
      vstore16(c0_1, 0, out0 + j + i*64 + z*2560 + 16);
      vstore16(c0_2, 0, out0 + j + i*64 + z*2560 + 32);
      vstore16(c0_3, 0, out0 + j + i*64 + z*2560 + 48);
    }
    {
      const int i = i0 + 1;
      vstore16(c1_0, 0, out0 + j + i*64 + z*2560);
      vstore16(c1_1, 0, out0 + j + i*64 + z*2560 + 16);
      vstore16(c1_2, 0, out0 + j + i*64 + z*2560 + 32);
      vstore16(c1_3, 0, out0 + j + i*64 + z*2560 + 48);
    }
    {
      const int i = i0 + 2;
      vstore16(c2_0, 0, out0 + j + i*64 + z*2560);
      vstore16(c2_1, 0, out0 + j + i*64 + z*2560 + 16);
      vstore16(c2_2, 0, out0 + j + i*64 + z*2560 + 32);
      vstore16(c2_3, 0, out0 + j + i*64 + z*2560 + 48);
    }
    {
      const int i = i0 + 3;
      vstore16(c3_0, 0, out0 + j + i*64 + z*2560);
      vstore16(c3_1, 0, out0 + j + i*64 + z*2560 + 16);
      vstore16(c3_2, 0, out0 + j + i*64 + z*2560 + 32);
      vstore16(c3_3, 0, out0 + j + i*64 + z*2560 + 48);
    }
    {
      const int i = i0 + 4;
      vstore16(c4_0, 0, out0 + j + i*64 + z*2560);
      vstore16(c4_1, 0, out0 + j + i*64 + z*2560 + 16);
      vstore16(c4_2, 0, out0 + j + i*64 + z*2560 + 32);
      vstore16(c4_3, 0, out0 + j + i*64 + z*2560 + 48);
    }
  }
}
