// expect: segmentation fault: read from address 0x18 (null pointer, offset 0x18) in weight() at null_field.c:HERE
struct node {
	struct node *left, *right, *parent;
	int weight;
};

static struct node *volatile root;

static __attribute__((noinline)) int weight(const volatile struct node *n)
{
	return n->weight; // HERE
}

int main(void)
{
	return weight(root);
}
