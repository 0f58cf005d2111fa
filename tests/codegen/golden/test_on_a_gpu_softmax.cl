__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void max_exp_sum_64x100_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  const int row = g1;
  const int i0 = row;
  float4 acc1 = (float4)((-INFINITY));
  float4 acc2 = (float4)((-INFINITY));
  float4 acc3 = (float4)((-INFINITY));
  float4 acc4 = (float4)((-INFINITY));
  for (int r0 = 0; r0 < 96; r0 += 16) {
    const float4 x5 = vload4(0, in0 + r0 + i0*100);
    acc1 = (((acc1 > x5) | isnan(acc1)) ? acc1 : x5);
    const float4 x6 = vload4(0, in0 + r0 + i0*100 + 4);
    acc2 = (((acc2 > x6) | isnan(acc2)) ? acc2 : x6);
    const float4 x7 = vload4(0, in0 + r0 + i0*100 + 8);
    acc3 = (((acc3 > x7) | isnan(acc3)) ? acc3 : x7);
    const float4 x8 = vload4(0, in0 + r0 + i0*100 + 12);
    acc4 = (((acc4 > x8) | isnan(acc4)) ? acc4 : x8);
  }
  for (int r0 = 96; r0 < 100; r0 += 4) {
    const float4 x9 = vload4(0, in0 + r0 + i0*100);
    acc1 = (((acc1 > x9) | isnan(acc1)) ? acc1 : x9);
  }
  const float4 acc10 = (((acc1 > acc2) | isnan(acc1)) ? acc1 : acc2);
  const float4 acc11 = (((acc10 > acc3) | isnan(acc10)) ? acc10 : acc3);
  const float4 acc12 = (((acc11 > acc4) | isnan(acc11)) ? acc11 : acc4);
  float h13;
  float2 h13_2; { const float2 l = acc12.lo, h = acc12.hi; h13_2 = (((l > h) | isnan(l)) ? l : h); }
  { const float l = h13_2.s0, h = h13_2.s1; h13 = (((l > h) || isnan(l)) ? l : h); }
  const float max_14 = h13;
  float4 acc15 = (float4)(0.0f);
  float4 acc16 = (float4)(0.0f);
  float4 acc17 = (float4)(0.0f);
  float4 acc18 = (float4)(0.0f);
  const float4 v20 = (float4)(max_14);
  for (int r0 = 0; r0 < 96; r0 += 16) {
    const float4 x19 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_21 = x19 - v20;
    const float4 exp_22 = exp(sub_21);
    acc15 = acc15 + exp_22;
    const float4 x23 = vload4(0, in0 + r0 + i0*100 + 4);
    const float4 sub_24 = x23 - v20;
    const float4 exp_25 = exp(sub_24);
    acc16 = acc16 + exp_25;
    const float4 x26 = vload4(0, in0 + r0 + i0*100 + 8);
    const float4 sub_27 = x26 - v20;
    const float4 exp_28 = exp(sub_27);
    acc17 = acc17 + exp_28;
    const float4 x29 = vload4(0, in0 + r0 + i0*100 + 12);
    const float4 sub_30 = x29 - v20;
    const float4 exp_31 = exp(sub_30);
    acc18 = acc18 + exp_31;
  }
  for (int r0 = 96; r0 < 100; r0 += 4) {
    const float4 x32 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_33 = x32 - v20;
    const float4 exp_34 = exp(sub_33);
    acc15 = acc15 + exp_34;
  }
  const float4 acc35 = acc15 + acc16;
  const float4 acc36 = acc35 + acc17;
  const float4 acc37 = acc36 + acc18;
  float h38;
  float2 h38_2; { const float2 l = acc37.lo, h = acc37.hi; h38_2 = l + h; }
  { const float l = h38_2.s0, h = h38_2.s1; h38 = l + h; }
  const float sum_39 = h38;
  const float4 v43 = (float4)(sum_39);
  for (int r0 = 0; r0 < 100; r0 += 4) {
    const float4 x40 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_41 = x40 - v20;
    const float4 exp_42 = exp(sub_41);
    const float4 div_44 = exp_42 / v43;
    vstore4(div_44, 0, out0 + r0 + i0*100);
  }
}
