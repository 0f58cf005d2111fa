"""Devices that are not here, as values of `LAZYGRAD_LIMITS`: what their drivers are known to tell.

Limits from the makers' documents and https://opencl.gpuinfo.org, rounded down to what the weakest
member of a family has. `smallest` is what the standard lets a device have (full profile), and
less where some embedded ones do.
"""

FAMILIES = {
    "cpu": "kind=cpu,vector_bytes=32,max_work_group=4096,has_fp64=1",
    "nvidia": "kind=gpu,compute_units=80,max_work_group=1024,local_mem_bytes=48K,"
    "constant_mem_bytes=64K,max_argument_bytes=4352,vector_bytes=16,has_fp64=1,has_fp16=0",
    "amd": "kind=gpu,compute_units=40,max_work_group=256,local_mem_bytes=64K,"
    "constant_mem_bytes=64K,max_argument_bytes=1024,vector_bytes=16,has_fp64=1,has_fp16=1",
    "intel-gpu": "kind=gpu,compute_units=24,max_work_group=256,local_mem_bytes=64K,"
    "constant_mem_bytes=64K,max_argument_bytes=2048,vector_bytes=16,has_fp64=0,has_fp16=1",
    "apple": "kind=gpu,compute_units=8,max_work_group=256,local_mem_bytes=32K,"
    "constant_mem_bytes=64K,max_argument_bytes=4096,vector_bytes=16,has_fp64=0,has_fp16=0",
    "adreno": "kind=gpu,compute_units=4,max_work_group=256,local_mem_bytes=32K,"
    "constant_mem_bytes=64K,max_argument_bytes=1024,vector_bytes=16,has_fp64=0,has_fp16=1",
    "mali": "kind=gpu,compute_units=4,max_work_group=64,local_mem_bytes=32K,local_mem_is_global=1,"
    "constant_mem_bytes=64K,max_argument_bytes=1024,vector_bytes=16,has_fp64=0,index64=0,"
    "one_program_per_plan=0",
    "smallest": "kind=gpu,compute_units=1,max_work_group=1,local_mem_bytes=1K,"
    "constant_mem_bytes=1K,max_argument_bytes=256,max_alloc_bytes=1M,vector_bytes=4,has_fp64=0,"
    "has_fp16=0,index64=0,fma_slow=1",
}
