__kernel __attribute__((reqd_work_group_size(64, 1, 1)))
void contract_add_lt_where_64x512_f32(__global float* restrict out0, __global const float* restrict in0, __global const float* restrict in1, __global const float* restrict in2) {
  __local float a_tile[1152] __attribute__((aligned(64)));
  __local float b_tile[1024] __attribute__((aligned(64)));
  __private float results[16] __attribute__((aligned(64)));
  const int group = get_group_id(0);
  const int item = get_local_id(0);
  const int z = 0;
  const int x = (item % 8);
  const int y = (item / 8);
  const int row0 = (group / 16)*32;
  const int column0 = (group % 16)*32;
  const int a_at0 = min((int)(row0 + (item / 4)), (int)63);
  const int a_from0 = a_at0*784;
  const int a_at1 = min((int)(row0 + (item / 4) + 16), (int)63);
  const int a_from1 = a_at1*784;
  const int b_at0 = min((int)(column0 + (item % 8)*4), (int)508);
  const int b_from0 = b_at0;
  const int b_at1 = min((int)(column0 + (item % 8)*4), (int)508);
  const int b_from1 = b_at1;
  float4 c0_0 = (float4)(0.0f);
  float4 c1_0 = (float4)(0.0f);
  float4 c2_0 = (float4)(0.0f);
  float4 c3_0 = (float4)(0.0f);
  const float4 a1 = *(__global const float4*)(in0 + a_from0 + (item % 4)*4);
  const float4 a2 = *(__global const float4*)(in0 + a_from1 + (item % 4)*4);
  const float4 b3 = *(__global const float4*)(in1 + b_from0 + (item / 8)*512);
  const float4 b4 = *(__global const float4*)(in1 + b_from1 + (item / 8)*512 + 4096);
  a_tile[(item % 4)*144 + (item / 4)] = a1.s0;
  a_tile[(item % 4)*144 + (item / 4) + 36] = a1.s1;
  a_tile[(item % 4)*144 + (item / 4) + 72] = a1.s2;
  a_tile[(item % 4)*144 + (item / 4) + 108] = a1.s3;
  a_tile[(item % 4)*144 + (item / 4) + 16] = a2.s0;
  a_tile[(item % 4)*144 + (item / 4) + 52] = a2.s1;
  a_tile[(item % 4)*144 + (item / 4) + 88] = a2.s2;
  a_tile[(item % 4)*144 + (item / 4) + 124] = a2.s3;
  *(__local float4*)(b_tile + item*4) = b3;
  *(__local float4*)(b_tile + item*4 + 256) = b4;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int k0 = 16; k0 < 784; k0 += 16) {
    const int turn = (((k0 / 16) + 1) % 2);
    const float4 a5 = *(__global const float4*)(in0 + a_from0 + k0 + (item % 4)*4);
    const float4 a6 = *(__global const float4*)(in0 + a_from1 + k0 + (item % 4)*4);
    const float4 b7 = *(__global const float4*)(in1 + b_from0 + k0*512 + (item / 8)*512);
    const float4 b8 = *(__global const float4*)(in1 + b_from1 + k0*512 + (item / 8)*512 + 4096);
    #pragma unroll
    for (int kk = 0; kk < 16; kk++) {
      const float4 b_0 = *(__local const float4*)(b_tile + turn*512 + kk*32 + x*4);
      const float4 a_0 = *(__local const float4*)(a_tile + turn*576 + kk*36 + y*4);
      const float4 row_0 = (float4)(a_0.s0);
      c0_0 = fma(row_0, b_0, c0_0);
      const float4 row_1 = (float4)(a_0.s1);
      c1_0 = fma(row_1, b_0, c1_0);
      const float4 row_2 = (float4)(a_0.s2);
      c2_0 = fma(row_2, b_0, c2_0);
      const float4 row_3 = (float4)(a_0.s3);
      c3_0 = fma(row_3, b_0, c3_0);
    }
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 576] = a5.s0;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 612] = a5.s1;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 648] = a5.s2;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 684] = a5.s3;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 592] = a6.s0;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 628] = a6.s1;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 664] = a6.s2;
    a_tile[-turn*576 + (item % 4)*144 + (item / 4) + 700] = a6.s3;
    *(__local float4*)(b_tile + -turn*512 + item*4 + 512) = b7;
    *(__local float4*)(b_tile + -turn*512 + item*4 + 768) = b8;
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  #pragma unroll
  for (int kk = 0; kk < 16; kk++) {
    const float4 b_0 = *(__local const float4*)(b_tile + kk*32 + x*4);
    const float4 a_0 = *(__local const float4*)(a_tile + kk*36 + y*4);
    const float4 row_0 = (float4)(a_0.s0);
    c0_0 = fma(row_0, b_0, c0_0);
    const float4 row_1 = (float4)(a_0.s1);
    c1_0 = fma(row_1, b_0, c1_0);
    const float4 row_2 = (float4)(a_0.s2);
    c2_0 = fma(row_2, b_0, c2_0);
    const float4 row_3 = (float4)(a_0.s3);
    c3_0 = fma(row_3, b_0, c3_0);
  }
  *(__private float4*)(results + 0) = c0_0;
  *(__private float4*)(results + 4) = c1_0;
  *(__private float4*)(results + 8) = c2_0;
  *(__private float4*)(results + 12) = c3_0;
  const float c12 = 0.0f;
  const float4 v13 = (float4)(c12);
  #pragma unroll
  for (int r = 0; r < 4; r++) {
    #pragma unroll
    for (int v = 0; v < 1; v++) {
      #pragma unroll
      for (int q = 0; q < 1; q++) {
        {
          const float4 c9 = *(__private const float4*)(results + r*4);
          const int i = row0 + y*4 + r;
          const int j = column0 + x*4;
          const float4 x10 = *(__global const float4*)(in2 + j);
          const float4 add_11 = c9 + x10;
          const int4 lt_14 = add_11 < v13;
          const float4 where_15 = (lt_14 ? v13 : add_11);
          *(__global float4*)(out0 + j + i*512) = where_15;
        }
      }
    }
  }
}
