__kernel __attribute__((reqd_work_group_size(256, 1, 1)))
void max_exp_sum_64x100_f32(__global float* restrict out0, __global const float* restrict in0) {
  __local float part0[256] __attribute__((aligned(64)));
  __local float part1[64] __attribute__((aligned(64)));
  __local float part2[256] __attribute__((aligned(64)));
  __local float part3[64] __attribute__((aligned(64)));
  const int group = get_group_id(0);
  const int item = get_local_id(0);
  const int lane = (item % 32);
  const int row = group*8 + (item / 32);
  const int i0 = row;
  float4 acc1 = (float4)((-INFINITY));
  for (int r0 = lane*4; r0 < 100; r0 += 128) {
    const float4 x2 = *(__global const float4*)(in0 + r0 + i0*100);
    acc1 = (((acc1 > x2) | isnan(acc1)) ? acc1 : x2);
  }
  float h3;
  float2 h3_2; { const float2 l = acc1.lo, h = acc1.hi; h3_2 = (((l > h) | isnan(l)) ? l : h); }
  { const float l = h3_2.s0, h = h3_2.s1; h3 = (((l > h) || isnan(l)) ? l : h); }
  part0[(item / 32)*32 + lane] = h3;
  barrier(CLK_LOCAL_MEM_FENCE);
  float acc4 = (-INFINITY);
  #pragma clang loop vectorize(disable)
  for (int t5 = 0; t5 < 4; t5++) {
    const float x6 = part0[(item / 32)*32 + (lane % 8) + t5*8];
    acc4 = (((acc4 > x6) || isnan(acc4)) ? acc4 : x6);
  }
  if (lane < 8) {
    part1[(item / 32)*8 + (lane % 8)] = acc4;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  float acc7 = (-INFINITY);
  #pragma clang loop vectorize(disable)
  for (int t8 = 0; t8 < 8; t8++) {
    const float x9 = part1[(item / 32)*8 + t8];
    acc7 = (((acc7 > x9) || isnan(acc7)) ? acc7 : x9);
  }
  const float max_10 = acc7;
  float4 acc11 = (float4)(0.0f);
  const float4 v13 = (float4)(max_10);
  for (int r0 = lane*4; r0 < 100; r0 += 128) {
    const float4 x12 = *(__global const float4*)(in0 + r0 + i0*100);
    const float4 sub_14 = x12 - v13;
    const float4 exp_15 = lg_exp_4(sub_14);
    acc11 = acc11 + exp_15;
  }
  float h16;
  float2 h16_2; { const float2 l = acc11.lo, h = acc11.hi; h16_2 = l + h; }
  { const float l = h16_2.s0, h = h16_2.s1; h16 = l + h; }
  part2[(item / 32)*32 + lane] = h16;
  barrier(CLK_LOCAL_MEM_FENCE);
  float acc17 = 0.0f;
  #pragma clang loop vectorize(disable)
  for (int t18 = 0; t18 < 4; t18++) {
    const float x19 = part2[(item / 32)*32 + (lane % 8) + t18*8];
    acc17 = acc17 + x19;
  }
  if (lane < 8) {
    part3[(item / 32)*8 + (lane % 8)] = acc17;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  float acc20 = 0.0f;
  #pragma clang loop vectorize(disable)
  for (int t21 = 0; t21 < 8; t21++) {
    const float x22 = part3[(item / 32)*8 + t21];
    acc20 = acc20 + x22;
  }
  const float sum_23 = acc20;
  const float4 v27 = (float4)(sum_23);
  for (int r0 = lane*4; r0 < 100; r0 += 128) {
    const float4 x24 = *(__global const float4*)(in0 + r0 + i0*100);
    const float4 sub_25 = x24 - v13;
    const float4 exp_26 = lg_exp_4(sub_25);
    const float4 div_28 = exp_26 / v27;
    *(__global float4*)(out0 + r0 + i0*100) = div_28;
  }
}
