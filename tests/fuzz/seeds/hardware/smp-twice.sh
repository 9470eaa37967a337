exec qemu-system-x86_64 -smp 4,sockets=2,cores=2 -drive file=a.img,format=raw -smp 3
