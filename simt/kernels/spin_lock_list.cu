// Every thread puts a node into a sorted list, hand over hand: a spin lock in each node, also between lanes of one warp.
struct Node {
  int key;
  volatile int next;  // index, -1 at the end
  int lock;
};

__device__ void acquire(int *lock) {
  while (atomicCAS(lock, 0, 1) != 0) {
  }
  __threadfence();
}

__device__ void release(int *lock) {
  __threadfence();
  atomicExch(lock, 0);
}

// Node 0 is the head, with a key below all others; the keys of 1 .. n are set, and not in the list.
__global__ void spin_lock_list(Node *nodes, int n) {
  int mine = blockIdx.x * blockDim.x + threadIdx.x + 1;
  if (mine > n) return;
  int key = nodes[mine].key;
  int before = 0;
  acquire(&nodes[before].lock);
  for (;;) {
    int next = nodes[before].next;
    if (next < 0) break;
    acquire(&nodes[next].lock);
    if (nodes[next].key >= key) {
      nodes[mine].next = next;
      __threadfence();
      nodes[before].next = mine;
      release(&nodes[next].lock);
      release(&nodes[before].lock);
      return;
    }
    release(&nodes[before].lock);
    before = next;
  }
  nodes[mine].next = -1;
  __threadfence();
  nodes[before].next = mine;
  release(&nodes[before].lock);
}
