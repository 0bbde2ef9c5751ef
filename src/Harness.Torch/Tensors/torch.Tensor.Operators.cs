using System.Diagnostics.CodeAnalysis;

namespace TorchSharp;

public static partial class torch
{
    [SuppressMessage("Usage", "CA2225", Justification = "The named forms are add, sub, mul, div and neg.")]
    public sealed partial class Tensor
    {
        /// <summary>Sum.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>Sum.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>Sum.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>Difference.</summary>
        public static Tensor operator -(Scalar left, Tensor right)
        {
            using Tensor negative = right.neg();
            return negative.add(left);
        }

        /// <summary>Product.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>Product.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>Product.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>Quotient.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>Quotient.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>Quotient.</summary>
        public static Tensor operator /(Scalar left, Tensor right)
        {
            using Tensor inverse = right.reciprocal();
            return inverse.mul(left);
        }

        /// <summary>Negative.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();
    }
}
