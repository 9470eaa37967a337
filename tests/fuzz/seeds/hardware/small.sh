kvm -m 1G -smp 2 -drive file=a,,b,if=none,id=x -device nvme,drive=x,bootindex=1 -nic none 'y' \
-hda "z"
