__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void max_exp_sum_64x100_f32(__global float* restrict out0, __global const float* restrict in0) {
  const int g1 = get_global_id(1);
  const int row = g1;
  const int i0 = row;
  int4 nan1 = (int4)(0);
  float4 acc2 = (float4)((-INFINITY));
  float4 acc3 = (float4)((-INFINITY));
  float4 acc4 = (float4)((-INFINITY));
  float4 acc5 = (float4)((-INFINITY));
  for (int r0 = 0; r0 < 96; r0 += 16) {
    const float4 x6 = vload4(0, in0 + r0 + i0*100);
    acc2 = (x6 > acc2 ? x6 : acc2);
    const int4 m7 = isnan(x6);
    nan1 = nan1 | m7;
    const float4 x8 = vload4(0, in0 + r0 + i0*100 + 4);
    acc3 = (x8 > acc3 ? x8 : acc3);
    const int4 m9 = isnan(x8);
    nan1 = nan1 | m9;
    const float4 x10 = vload4(0, in0 + r0 + i0*100 + 8);
    acc4 = (x10 > acc4 ? x10 : acc4);
    const int4 m11 = isnan(x10);
    nan1 = nan1 | m11;
    const float4 x12 = vload4(0, in0 + r0 + i0*100 + 12);
    acc5 = (x12 > acc5 ? x12 : acc5);
    const int4 m13 = isnan(x12);
    nan1 = nan1 | m13;
  }
  for (int r0 = 96; r0 < 100; r0 += 4) {
    const float4 x14 = vload4(0, in0 + r0 + i0*100);
    acc2 = (x14 > acc2 ? x14 : acc2);
    const int4 m15 = isnan(x14);
    nan1 = nan1 | m15;
  }
  const float4 acc16 = (((acc2 > acc3) | isnan(acc2)) ? acc2 : acc3);
  const float4 acc17 = (((acc16 > acc4) | isnan(acc16)) ? acc16 : acc4);
  const float4 acc18 = (((acc17 > acc5) | isnan(acc17)) ? acc17 : acc5);
  float h19;
  float2 h19_2; { const float2 l = acc18.lo, h = acc18.hi; h19_2 = (((l > h) | isnan(l)) ? l : h); }
  { const float l = h19_2.s0, h = h19_2.s1; h19 = (((l > h) || isnan(l)) ? l : h); }
  int h20;
  int2 h20_2; { const int2 l = nan1.lo, h = nan1.hi; h20_2 = l | h; }
  { const int l = h20_2.s0, h = h20_2.s1; h20 = l | h; }
  const float c21 = NAN;
  const float acc22 = (h20 ? c21 : h19);
  const float max_23 = acc22;
  float4 acc24 = (float4)(0.0f);
  float4 acc25 = (float4)(0.0f);
  float4 acc26 = (float4)(0.0f);
  float4 acc27 = (float4)(0.0f);
  const float4 v29 = (float4)(max_23);
  for (int r0 = 0; r0 < 96; r0 += 16) {
    const float4 x28 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_30 = x28 - v29;
    const float4 exp_31 = lg_exp_4(sub_30);
    acc24 = acc24 + exp_31;
    const float4 x32 = vload4(0, in0 + r0 + i0*100 + 4);
    const float4 sub_33 = x32 - v29;
    const float4 exp_34 = lg_exp_4(sub_33);
    acc25 = acc25 + exp_34;
    const float4 x35 = vload4(0, in0 + r0 + i0*100 + 8);
    const float4 sub_36 = x35 - v29;
    const float4 exp_37 = lg_exp_4(sub_36);
    acc26 = acc26 + exp_37;
    const float4 x38 = vload4(0, in0 + r0 + i0*100 + 12);
    const float4 sub_39 = x38 - v29;
    const float4 exp_40 = lg_exp_4(sub_39);
    acc27 = acc27 + exp_40;
  }
  for (int r0 = 96; r0 < 100; r0 += 4) {
    const float4 x41 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_42 = x41 - v29;
    const float4 exp_43 = lg_exp_4(sub_42);
    acc24 = acc24 + exp_43;
  }
  const float4 acc44 = acc24 + acc25;
  const float4 acc45 = acc44 + acc26;
  const float4 acc46 = acc45 + acc27;
  float h47;
  float2 h47_2; { const float2 l = acc46.lo, h = acc46.hi; h47_2 = l + h; }
  { const float l = h47_2.s0, h = h47_2.s1; h47 = l + h; }
  const float sum_48 = h47;
  const float4 v52 = (float4)(sum_48);
  for (int r0 = 0; r0 < 100; r0 += 4) {
    const float4 x49 = vload4(0, in0 + r0 + i0*100);
    const float4 sub_50 = x49 - v29;
    const float4 exp_51 = lg_exp_4(sub_50);
    const float4 div_53 = exp_51 / v52;
    vstore4(div_53, 0, out0 + r0 + i0*100);
  }
}
