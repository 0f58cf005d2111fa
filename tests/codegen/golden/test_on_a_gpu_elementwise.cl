__kernel __attribute__((reqd_work_group_size(256, 1, 1)))
void tanh_add_mul_64x100_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  const int item = get_global_id(0);
  if (item < 1600) {
    const int g0 = (item % 25);
    const int g1 = (item / 25);
    const int row = g1;
    const int i0 = row;
    const float x5 = in2[i0];
    const float4 v6 = (float4)(x5);
    for (int i1 = g0*4; i1 < g0*4 + 4; i1 += 4) {
      const float4 x1 = *(__global const float4*)(in0 + i1 + i0*100);
      const float4 x2 = *(__global const float4*)(in1 + i1);
      const float4 add_3 = x1 + x2;
      const float4 tanh_4 = lg_tanh_4(add_3);
      const float4 mul_7 = tanh_4 * v6;
      *(__global float4*)(out0 + i1 + i0*100) = mul_7;
    }
  }
}
